/** A rectangle in shares of the photo's width and height: 0 is the left or top edge, 1 the right or bottom one. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Intersection over union: 0 for boxes that do not touch, 1 for equal ones. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (a.width * a.height + b.width * b.height - shared);
}
