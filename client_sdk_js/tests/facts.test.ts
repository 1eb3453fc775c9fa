import { describe, expect, it } from 'vitest';
import { errorName, incidentKind } from '../src/core/errors.js';
import type { Waits } from '../src/core/watch.js';
import { gpuFamily } from '../src/later/gpu_family.js';
import { hangWatch } from '../src/later/hang_watch.js';
import { FakeHost } from './fake_host.js';

describe('GPU families', () => {
  it.each([
    [
      'ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)',
      'swiftshader',
    ],
    ['ANGLE (Apple, ANGLE Metal Renderer: Apple M2 Pro, Unspecified Version)', 'apple'],
    ['Apple GPU', 'apple'],
    ['ANGLE (NVIDIA, NVIDIA GeForce RTX 3060 Ti Direct3D11 vs_5_0 ps_5_0, D3D11)', 'nvidia-rtx30'],
    ['NVIDIA GeForce GTX 980/PCIe/SSE2', 'nvidia-gtx9'],
    ['NVIDIA GeForce GTX 970, or similar', 'nvidia-gtx9'],
    ['GeForce GTX 860M OpenGL Engine', 'nvidia-gtx8'],
    [
      'ANGLE (NVIDIA, NVIDIA GeForce GTX 1660 Ti (0x00002182) Direct3D11 vs_5_0 ps_5_0, D3D11)',
      'nvidia-gtx16',
    ],
    // Workstations' cards of 2018, 2023 and 2025, none of a GeForce's line.
    ['ANGLE (NVIDIA, Quadro RTX 4000 Direct3D11 vs_5_0 ps_5_0, D3D11)', 'nvidia'],
    ['ANGLE (NVIDIA, NVIDIA RTX 5000 Ada Generation (0x000026B2) Direct3D11 vs_5_0 ps_5_0, D3D11)', 'nvidia'],
    ['ANGLE (NVIDIA, NVIDIA RTX PRO 6000 Blackwell (0x00002BB1) Direct3D11 vs_5_0 ps_5_0, D3D11)', 'nvidia'],
    ['ANGLE (nouveau, NV166, OpenGL 4.3)', 'nvidia'],
    ['ANGLE (Mesa, NVK TU116, OpenGL 4.6)', 'nvidia'],
    ['ANGLE (NVIDIA, Quadro T1000 Direct3D11)', 'nvidia'],
    ['ANGLE (Intel, Intel(R) Iris(R) Xe Graphics Direct3D11 vs_5_0 ps_5_0, D3D11)', 'intel-gen12'],
    ['ANGLE (Intel, Intel(R) UHD Graphics 620 (0x00003EA0) Direct3D11)', 'intel-gen9'],
    ['ANGLE (Intel, Intel(R) Arc(TM) A770 Graphics Direct3D11)', 'intel-arc'],
    ['Mesa Intel(R) HD Graphics 4000', 'intel'],
    ['ANGLE (Intel, Mesa DRI Intel(R) HD Graphics 6000 (BDW GT3), OpenGL 4.6)', 'intel'],
    ['Intel(R) Iris(TM) Graphics 6100', 'intel'],
    ['ANGLE (Intel, Intel(R) UHD Graphics P630 (0x00003E96) Direct3D11 vs_5_0 ps_5_0, D3D11)', 'intel-gen9'],
    [
      'ANGLE (Intel, Intel(R) Arc(TM) 140V GPU (16GB) (0x000064A0) Direct3D11 vs_5_0 ps_5_0, D3D11)',
      'intel-arc',
    ],
    ['ANGLE (Microsoft Corporation, D3D12 (Intel(R) Iris(R) Xe Graphics), OpenGL 4.2)', 'intel-gen12'],
    ['Adreno (TM) 640', 'qualcomm-adreno6'],
    ['ANGLE (Qualcomm, Adreno (TM) 830, OpenGL ES 3.2)', 'qualcomm-adreno8'],
    [
      'ANGLE (Qualcomm, Qualcomm(R) Adreno(TM) X1-85 GPU (0x36334330) Direct3D11 vs_5_0 ps_5_0, D3D11)',
      'qualcomm-adrenox1',
    ],
    [
      'ANGLE (Qualcomm, Snapdragon(R) X Elite - X1E78100 - Qualcomm(R) Adreno(TM) GPU (0x36334330) Direct3D11)',
      'qualcomm',
    ],
    ['ANGLE (Qualcomm, Qualcomm(R) Adreno(TM) 8cx Gen 3 Direct3D11 vs_5_0 ps_5_0, D3D11)', 'qualcomm'],
    ['ANGLE (Qualcomm, Vulkan 1.3.128 (Adreno (TM) 740 (0x43050A01)), Qualcomm Driver)', 'qualcomm-adreno7'],
    ['ANGLE (freedreno, FD618, OpenGL ES 3.2)', 'qualcomm-adreno6'],
    ['ANGLE (ARM, Mali-G78, OpenGL ES 3.2)', 'arm-mali-g7'],
    ['Mali-G715-Immortalis MC11', 'arm-mali-g7'],
    ['Immortalis-G715', 'arm-mali-g7'],
    ['Mali G52 (Panfrost)', 'arm-mali-g5'],
    ['Maleoon 910', 'huawei-maleoon'],
    ['ANGLE (Broadcom, V3D 4.2, OpenGL ES 3.1)', 'broadcom'],
    ['ANGLE (AMD, AMD Radeon RX 6700 XT Direct3D11)', 'amd-rx'],
    ['ANGLE (AMD, AMD Radeon(TM) RX Vega 10 Graphics Direct3D11 vs_5_0 ps_5_0, D3D11)', 'amd-vega'],
    ['ANGLE (AMD, ANGLE Metal Renderer: AMD Radeon Pro 5500M, Unspecified Version)', 'amd-pro'],
    // "Profile" is no Pro.
    ['ANGLE (AMD, AMD Radeon Graphics (renoir, LLVM 15.0.7), OpenGL 4.6 (Core Profile) Mesa 23.2.1)', 'amd'],
    ['AMD Radeon(TM) Graphics', 'amd'],
    ['PowerVR Rogue GE8320', 'imagination'],
    ['llvmpipe (LLVM 15.0.6, 256 bits)', 'software'],
    ['', 'unknown'],
    ['Something New 9000 of Jane Doe', 'unknown'],
  ])('%s is %s', (renderer, family) => {
    expect(gpuFamily(renderer)).toBe(family);
    expect(family).toMatch(/^[a-z]{1,16}(-[a-z0-9]{1,12}){0,2}$/);
  });
});

describe('errors', () => {
  it('become a class name of the closed enum, never a message', () => {
    expect(errorName(new TypeError('https://secret.example'))).toBe('TypeError');
    expect(errorName(new DOMException('', 'AbortError'))).toBe('AbortError');
    expect(errorName(Object.assign(new Error(), { name: 'JaneDoeError' }))).toBe('other');
    for (const odd of [undefined, null, 'text', 7, { name: 7 }]) expect(errorName(odd)).toBe('other');
  });

  it('are told from memory running out', () => {
    expect(incidentKind(new RangeError('Array buffer allocation failed'))).toBe('out_of_memory');
    expect(incidentKind(new Error('Cannot enlarge memory arrays to size 17 bytes (OOM)'))).toBe(
      'out_of_memory',
    );
    expect(incidentKind(new Error('The room is full'))).toBe('error');
  });
});

describe('the hang watch', () => {
  function watching(host: FakeHost) {
    const waits: Waits = new Map();
    const told = new Map<object, () => void>();
    const arm = hangWatch(
      host,
      waits,
      (subject) => told.get(subject)?.(),
      () => false,
      10_000,
    );
    return {
      waits,
      waiting(what: object, hung: () => void) {
        const subject = { model: 'face', variant: undefined };
        told.set(subject, hung);
        waits.set(what, { _since: host.now(), _subject: subject });
        arm();
      },
    };
  }

  it('tells once of what does not settle, and of nothing that does', async () => {
    const host = new FakeHost();
    const watch = watching(host);
    const hung: string[] = [];
    const [quick, stuck] = [{}, {}];
    watch.waiting(quick, () => hung.push('quick'));
    await host.advance(4_000);
    watch.waiting(stuck, () => hung.push('stuck'));
    watch.waits.delete(quick);
    await host.advance(9_000);
    expect(hung).toEqual([]);
    await host.advance(60_000);
    expect(hung).toEqual(['stuck']);
    expect(watch.waits.size).toBe(0);
  });

  it('does not take a sleeping machine for a hang', async () => {
    const host = new FakeHost();
    const watch = watching(host);
    const hung: string[] = [];
    const read = {};
    watch.waiting(read, () => hung.push('read'));
    host.time += 3600_000; // the lid was closed; the timer fires an hour late
    await host.advance(0);
    watch.waits.delete(read);
    await host.advance(30_000);
    expect(hung).toEqual([]);
  });
});
