// What pointing at the map does: see, hear, move, choose with a box or a lasso.

function makePointing(state, view, grid, marks, open) {
  const frame = byId('map-frame');
  let tool = 'move', path = null, outline = null, waiting = null;
  const tools = [...document.querySelectorAll('[data-tool]')];

  function take(name) {
    tool = name;
    frame.dataset.tool = name;
    for (const one of tools) {
      one.setAttribute('aria-checked', String(one.dataset.tool === name));
      one.tabIndex = one.dataset.tool === name ? 0 : -1;
    }
  }

  const place = (event) => {
    const box = frame.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const onTools = (event) => event.target.closest?.('.tools');

  function trackAt(event) {
    const radius = (event.pointerType === 'touch' ? 18 : 7) + view.pointSize() / 2;
    return grid.nearest(...view.toMap(...place(event)), view.length(radius), (track) => state.lit[track] || state.chosen.has(track));
  }

  // d3-zoom asks: the wheel and two fingers always move; Shift draws a box whatever the tool.
  view.mayMove = (event) => {
    if (onTools(event)) return false;
    if (event.type === 'wheel') return true;
    return !event.button && (event.touches?.length > 1 || (tool === 'move' && !event.shiftKey));
  };

  frame.addEventListener('pointermove', (event) => {
    if (path) return draw(place(event));
    if (event.buttons || event.pointerType === 'touch') return marks.hover(-1);
    if (!waiting) requestAnimationFrame(() => {
      const last = waiting;
      waiting = null;
      if (last) marks.hover(onTools(last) ? -1 : trackAt(last));
    });
    waiting = event;
    return undefined;
  });
  frame.addEventListener('pointerleave', () => {
    waiting = null;
    marks.hover(-1);
  });
  frame.addEventListener('click', (event) => {
    if (onTools(event) || path) return;
    const track = trackAt(event);
    if (track < 0) return;
    if (event.ctrlKey || event.metaKey) state.toggle(track);
    else open(track, [track, ...grid.neighbours(track, 10)]);
  });

  frame.addEventListener('pointerdown', (event) => {
    if (event.button || onTools(event) || (tool === 'move' && !event.shiftKey)) return;
    if (!event.isPrimary) return stop();
    path = {kind: event.shiftKey && tool === 'move' ? 'box' : tool, points: [place(event)], add: event.ctrlKey || event.metaKey};
    outline = makeSvg('path', {class: 'lasso'});
    byId('drawn').replaceChildren(outline);
    marks.hover(-1);
    frame.setPointerCapture(event.pointerId);
    event.preventDefault();
    byId('points').focus();
    return undefined;
  });
  frame.addEventListener('pointerup', (event) => {
    if (!path) return;
    draw(place(event));
    const {kind, points, add} = path;
    const holds = kind === 'box' ? inBox(points) : inPolygon(points);
    const drawnAtAll = points.some(([x, y]) => Math.abs(x - points[0][0]) + Math.abs(y - points[0][1]) > 6);
    // A click that follows belongs to this.
    setTimeout(stop);
    if (!drawnAtAll) return;
    const found = grid.inside((x, y) => holds(...view.toScreenAt(x, y))).filter((track) => state.lit[track]);
    state.choose(add ? [...state.chosen, ...found] : found);
    say(`${plural(state.chosen.size, 'track')} chosen`);
  });
  frame.addEventListener('pointercancel', stop);

  function draw(point) {
    if (path.kind === 'box') path.points[1] = point;
    else path.points.push(point);
    const [[x, y], [x2, y2] = [x, y]] = path.points;
    outline.setAttribute('d', path.kind === 'box' ? `M${x} ${y}H${x2}V${y2}H${x}z` : 'M' + path.points.map((one) => one.join(' ')).join('L') + 'z');
  }

  function stop() {
    outline?.remove();
    path = outline = null;
  }

  for (const one of tools) one.addEventListener('click', () => take(one.dataset.tool));
  take('move');
  return {take, stop};
}

function inBox([[x, y], [x2, y2] = [x, y]]) {
  const [left, right, top, bottom] = [Math.min(x, x2), Math.max(x, x2), Math.min(y, y2), Math.max(y, y2)];
  return (px, py) => px >= left && px <= right && py >= top && py <= bottom;
}

// Whether a line from a place to the right crosses the outline an odd number of times.
function inPolygon(points) {
  const box = inBox([[Math.min(...points.map(([x]) => x)), Math.min(...points.map(([, y]) => y))],
    [Math.max(...points.map(([x]) => x)), Math.max(...points.map(([, y]) => y))]]);
  return (px, py) => {
    if (!box(px, py)) return false;
    let inside = false;
    for (let at = 0, before = points.length - 1; at < points.length; before = at++) {
      const [[x, y], [x2, y2]] = [points[at], points[before]];
      if (y > py !== y2 > py && px < ((x2 - x) * (py - y)) / (y2 - y) + x) inside = !inside;
    }
    return inside;
  };
}
