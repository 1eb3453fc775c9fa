// Decodes and resizes pictures as a page would: by the browser's own decoder and canvas.

/** @returns {Promise<string>} red, green and blue of each pixel, row by row, as base64. */
async function decode(url, width, height) {
  const response = await fetch(url);
  const bitmap = await createImageBitmap(await response.blob());
  const canvas = new OffscreenCanvas(width, height);
  const drawing = canvas.getContext('2d', { willReadFrequently: true });
  drawing.imageSmoothingQuality = 'high';
  drawing.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const { data } = drawing.getImageData(0, 0, width, height);
  let text = '';
  for (let at = 0; at < data.length; at += 4)
    text += String.fromCharCode(data[at], data[at + 1], data[at + 2]);
  return btoa(text);
}

globalThis.decode = decode;
