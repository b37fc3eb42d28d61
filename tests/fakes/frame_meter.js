(BITS, CELL, WIDTH) => {
  // What `frame_meter.py` puts into every page: reads the number off each shown picture.  One function, called there.
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [BITS * CELL, CELL];
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const meter = (window.frameMeter = { shown: [], watched: [] });
  meter.read = (what, width, height) => {
    const cell = (CELL * width) / WIDTH;
    context.drawImage(what, width - BITS * cell, height - cell, BITS * cell, cell, 0, 0, BITS * CELL, CELL);
    const pixels = context.getImageData(0, 0, BITS * CELL, CELL).data;
    let gray = 0;
    for (let bit = 0; bit < BITS; bit += 1) {
      let sum = 0;
      for (let y = CELL / 4; y < CELL - CELL / 4; y += 1)
        for (let x = canvas.width - (bit + 1) * CELL + CELL / 4; x < canvas.width - bit * CELL - CELL / 4; x += 1) {
          const at = 4 * (y * canvas.width + x);
          sum += 0.299 * pixels[at] + 0.587 * pixels[at + 1] + 0.114 * pixels[at + 2];
        }
      if (sum / (CELL / 2) ** 2 > 125) gray |= 1 << bit;
    }
    let number = 0;
    for (; gray; gray >>= 1) number ^= gray;
    return number;
  };
  const note = (what, width, height, media) => {
    const way = (what.closest('[data-way]') ?? document.querySelector('[data-way]'))?.dataset.way ?? '';
    // The last picture, which is shown until a film begins, has come no way.
    const cameThatWay = (what instanceof HTMLVideoElement) !== ['mjpeg', 'snapshot'].includes(way);
    const number = meter.read(what, width, height);
    meter.shown.push([number, Date.now(), cameThatWay ? way : '', media]);
  };
  const watch = (video) => {
    meter.watched.push(video);
    const step = (_now, told) => {
      if (video.videoWidth > 0) note(video, video.videoWidth, video.videoHeight, told.mediaTime);
      video.requestVideoFrameCallback(step);
    };
    video.requestVideoFrameCallback(step);
  };
  let painted = '';
  const look = () => {
    for (const video of document.querySelectorAll('video'))
      if (!meter.watched.includes(video)) watch(video);
    for (const image of document.querySelectorAll('img[data-testid=live-picture]'))
      if (image.complete && image.naturalWidth > 0 && image.currentSrc !== painted) {
        painted = image.currentSrc;
        note(image, image.naturalWidth, image.naturalHeight, 0);
      }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  const opened = (window.peerConnections = []);
  window.RTCPeerConnection = class extends window.RTCPeerConnection {
    constructor(...words) { super(...words); opened.push(this); }
  };
}
