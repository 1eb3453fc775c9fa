import type { Answer, Panel } from '../types';

/** A drawing in a card's body. `resize` follows the card's width; `destroy` lets go of listeners and canvases. */
export type Chart = { resize?: () => void; destroy?: () => void };

export type DrawOptions = {
  panel: Panel;
  answer: Answer;
  body: HTMLElement;
  /** Which of several values is drawn, for example p75; of a scatter, which group. */
  value: string;
};
