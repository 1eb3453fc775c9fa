/** An ONNX model of one operator, a matrix product, written byte by byte: small enough for any execution provider. */

const utf8 = new TextEncoder();
const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
/** A protobuf field that is a number. */
const number = (field: number, value: number): number[] => [...varint(field << 3), ...varint(value)];
/** A protobuf field that is bytes: a text or a message. */
const bytes = (field: number, value: Iterable<number> | string): number[] => {
  const content = typeof value === 'string' ? [...utf8.encode(value)] : [...value];
  return [...varint((field << 3) | 2), ...varint(content.length), ...content];
};

const FLOAT = 1; // TensorProto.DataType

/**
 * `y = x · w` with `x` and `y` of shape [rows, size] and `w` of [size, size], all of it `weight`; or another operator
 * of two inputs.
 */
export function matmulModel(rows: number, size: number, weight: number, operator = 'MatMul'): Uint8Array {
  const shaped = (name: string) => {
    const dimension = (each: number) => bytes(1, number(1, each));
    const shape = [...dimension(rows), ...dimension(size)];
    return [...bytes(1, name), ...bytes(2, bytes(1, [...number(1, FLOAT), ...bytes(2, shape)]))];
  };
  const values = new Uint8Array(new Float32Array(size * size).fill(weight).buffer);
  const weights = [
    ...number(1, size),
    ...number(1, size),
    ...number(2, FLOAT),
    ...bytes(8, 'w'),
    ...bytes(9, values),
  ];
  const node = [...bytes(1, 'x'), ...bytes(1, 'w'), ...bytes(2, 'y'), ...bytes(4, operator)];
  const graph = [
    ...bytes(1, node),
    ...bytes(2, 'product'),
    ...bytes(5, weights),
    ...bytes(11, shaped('x')),
    ...bytes(12, shaped('y')),
  ];
  const OPSET_13 = [...bytes(1, ''), ...number(2, 13)];
  return Uint8Array.from([...number(1, 8), ...bytes(7, graph), ...bytes(8, OPSET_13)]);
}
