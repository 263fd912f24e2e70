// Which part of the map is in view. A machine that draws slowly (no graphics card) moves the picture that it
// has, somewhat larger than the frame, and draws anew when the hand rests: moving never waits for drawing.

const FAST_MS = 20;  // a drawing that takes no longer is made in every frame
const REST_MS = 110;
const FARTHEST = 0.7, CLOSEST = 600;

function makeView(state, points) {
  const frame = byId('map-frame'), canvas = byId('points'), tools = frame.querySelector('.tools');
  let width = 1, height = 1, margin = 0;
  let base = {scale: 1, x: 0, y: 0};
  let now = drawing.zoomIdentity, drawn = drawing.zoomIdentity;
  let cost = 0, slow = false, drawings = 0, due = false, measuring = false, resting = 0, lastDrawn = 0, lastMoved = 0;
  const zoom = drawing.zoom().scaleExtent([FARTHEST, CLOSEST]).clickDistance(5).filter((event) => view.mayMove(event)).on('zoom', (event) => {
    now = event.transform;
    moved();
  });
  const handle = drawing.select(frame).call(zoom).on('dblclick.zoom', null);

  // Larger the closer one looks, and the fewer they are.
  function pointSize() {
    const usual = Math.min(14, 170 / Math.sqrt(Math.max(1, state.library.count)) + 2.4);
    return Math.min(20, usual * now.k ** 0.34);
  }

  const ground = () => /\d+, \d+, \d+/.exec(getComputedStyle(frame).backgroundColor)?.[0].split(',').map((value) => value / 255) ?? [1, 1, 1];

  function draw() {
    const ratio = canvas.width / (width + 2 * margin);
    const scale = base.scale * now.k;
    const [left, top] = [base.x * now.k + now.x + margin, base.y * now.k + now.y + margin];
    const [w, h] = [canvas.width / ratio, canvas.height / ratio];
    points.draw([(2 * scale) / w, (-2 * scale) / h], [(2 * left) / w - 1, 1 - (2 * top) / h], pointSize() * ratio, ground());
    clearTimeout(resting);
    resting = 0;
    drawings++;
    drawn = now;
    lastDrawn = performance.now();
    place();
    if (!measuring) measure();
  }

  async function measure() {
    measuring = true;
    const took = await points.finished();
    measuring = false;
    cost = drawings < 3 ? took : 0.6 * cost + 0.4 * took;
    const before = slow;
    slow = cost > (slow ? FAST_MS / 2 : FAST_MS);
    if (slow !== before) resize();
  }

  // The picture that there is, moved to where it belongs now.
  function place() {
    const ratio = now.k / drawn.k;
    canvas.style.transform = ratio === 1 && now.x === drawn.x && now.y === drawn.y ? '' :
      `translate(${now.x - drawn.x * ratio}px, ${now.y - drawn.y * ratio}px) scale(${ratio})`;
  }

  function isCovered() {
    const ratio = now.k / drawn.k;
    const [left, top] = [now.x - drawn.x * ratio - margin * ratio, now.y - drawn.y * ratio - margin * ratio];
    return ratio < 2.2 && left <= 0 && top <= 0 && left + (width + 2 * margin) * ratio >= width && top + (height + 2 * margin) * ratio >= height;
  }

  function moved() {
    place();
    lastMoved = performance.now();
    if (!due) {
      due = true;
      requestAnimationFrame(frameDue);
    }
    state.tell('moved');
  }

  function frameDue() {
    due = false;
    if (!slow || (!isCovered() && performance.now() - lastDrawn > 6 * cost)) draw();
    else if (!resting) resting = setTimeout(rested, REST_MS);
  }

  // The hand rests when nothing has moved for a while, and for longer than a drawing would take.
  function rested() {
    const still = performance.now() - lastMoved, wanted = Math.max(REST_MS, cost);
    resting = still < wanted ? setTimeout(rested, wanted - still) : 0;
    if (!resting) draw();
  }

  function resize() {
    width = Math.max(1, frame.clientWidth);
    height = Math.max(1, frame.clientHeight);
    margin = slow ? Math.round(0.4 * Math.max(width, height)) : 0;
    const ratio = slow ? 1 : Math.min(2, window.devicePixelRatio || 1);
    canvas.style.width = `${width + 2 * margin}px`;
    canvas.style.height = `${height + 2 * margin}px`;
    canvas.style.left = canvas.style.top = `${-margin}px`;
    canvas.style.transformOrigin = `${margin}px ${margin}px`;
    canvas.width = Math.round((width + 2 * margin) * ratio);
    canvas.height = Math.round((height + 2 * margin) * ratio);
    const edge = Math.min(36, 0.06 * Math.min(width, height));
    // The tools stand beside the map, or on a phone below it.
    const upright = tools.offsetHeight > tools.offsetWidth;
    const [across, down] = [width - (upright ? tools.offsetWidth + 12 : 0), height - (upright ? 0 : tools.offsetHeight + 12)];
    const side = Math.max(1, Math.min(across, down) - 2 * edge);
    base = {scale: side / LAST_PLACE, x: (across - side) / 2, y: (down - side) / 2};
    draw();
    state.tell('moved');
  }

  const view = {
    mayMove: () => true,
    redraw: () => frame.clientWidth && draw(),
    toScreen: (track) => view.toScreenAt(state.library.x[track], state.library.y[track]),
    toScreenAt: (x, y) => [(base.x + x * base.scale) * now.k + now.x, (base.y + y * base.scale) * now.k + now.y],
    toMap: (x, y) => [((x - now.x) / now.k - base.x) / base.scale, ((y - now.y) / now.k - base.y) / base.scale],
    // How long on the map is what is `pixels` long on the screen.
    length: (pixels) => pixels / (base.scale * now.k),
    pointSize,
    zoomBy: (factor) => handle.call(zoom.scaleBy, factor),
    moveBy: (x, y) => handle.call(zoom.translateBy, x / now.k, y / now.k),
    fit: () => handle.call(zoom.transform, drawing.zoomIdentity),
    // Moves the map if a track is not in view.
    reveal(track) {
      const [x, y] = view.toScreen(track);
      const edge = 24;
      if (x < edge || y < edge || x > width - edge || y > height - edge) view.moveBy(width / 2 - x, height / 2 - y);
    },
    figures: () => ({cost, drawings, slow}),
  };
  new ResizeObserver(() => frame.clientWidth && resize()).observe(frame);
  state.on('restored', view.redraw);
  return view;
}
