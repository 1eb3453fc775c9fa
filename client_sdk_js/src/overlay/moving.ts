/** Moves the panel: by pointer, or with the arrow keys on its grip. It never leaves the window. */

const STEP = 16;
const MARGIN = 8;
const SLACK = 4; // a finger that moves less meant to tap

export interface Moving {
  /** Brings the panel back into the window, after it or the window changed its size. */
  settle(): void;
}

/** `tapped` is called when the handle was pressed and not moved. */
export function makeMovable(
  panel: HTMLElement,
  handle: HTMLElement,
  grip: HTMLElement,
  tapped: () => void,
): Moving {
  let moved = false; // until then the style sheet says where it is

  function place(left: number, top: number): void {
    moved = true;
    const { offsetWidth: width, offsetHeight: height } = panel;
    const { clientWidth, clientHeight } = document.documentElement;
    const within = (at: number, size: number, room: number) =>
      Math.max(MARGIN, Math.min(at, room - size - MARGIN));
    const { style } = panel;
    style.left = `${within(left, width, clientWidth)}px`;
    style.top = `${within(top, height, clientHeight || innerHeight)}px`;
    style.right = style.bottom = 'auto';
  }

  function grab(event: PointerEvent): void {
    const target = event.target as Element;
    if (event.button || (target.closest('button') && !grip.contains(target))) return;
    const { left, top } = panel.getBoundingClientRect();
    const end = new AbortController();
    let far = false;
    handle.setPointerCapture(event.pointerId);
    const drag = ({ clientX, clientY }: PointerEvent) => {
      const [x, y] = [clientX - event.clientX, clientY - event.clientY];
      far ||= Math.hypot(x, y) > SLACK;
      if (far) place(left + x, top + y);
    };
    handle.addEventListener('pointermove', drag, end);
    handle.addEventListener(
      'pointerup',
      () => {
        end.abort();
        if (!far) tapped();
      },
      end,
    );
    handle.addEventListener('pointercancel', () => end.abort(), end);
  }

  function push(event: KeyboardEvent): void {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!steps) return;
    event.preventDefault(); // the page would scroll
    const { left, top } = panel.getBoundingClientRect();
    const [x = 0, y = 0] = steps.map((each) => each * STEP * (event.shiftKey ? 4 : 1));
    place(left + x, top + y);
  }

  handle.addEventListener('pointerdown', grab);
  grip.addEventListener('keydown', push);
  return {
    settle() {
      if (!moved) return;
      const { left, top } = panel.getBoundingClientRect();
      place(left, top);
    },
  };
}
