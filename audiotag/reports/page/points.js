// The points, drawn by WebGL.

const VERTEX = `
attribute vec2 place;
attribute vec4 colour;
attribute vec2 kind;  // shape, and state: 0 dimmed, 1 as usual, 2 chosen
uniform vec2 scale;
uniform vec2 offset;
uniform float size;
uniform float onTop;  // 0: the dimmed alone, 1: all others
varying vec4 paint;
varying float shape;
varying float pixels;
void main() {
  bool top = kind.y > 0.5;
  gl_Position = top == (onTop > 0.5) ? vec4(place * scale + offset, 0.0, 1.0) : vec4(2.0, 2.0, 2.0, 1.0);
  pixels = size * (kind.y > 1.5 ? 1.5 : top ? 1.0 : 0.7);
  gl_PointSize = pixels;
  paint = colour;
  shape = kind.x;
}`;

const FRAGMENT = `
precision mediump float;
varying vec4 paint;
varying float shape;
varying float pixels;
uniform vec3 rim;  // the ground's colour: parts points that overlap
void main() {
  vec2 p = 2.0 * gl_PointCoord - 1.0;
  if (pixels < 5.0) {  // too small for a shape; and of 100,000 points most are
    float soft = paint.a * clamp(0.5 * pixels * (1.0 - length(p)) + 0.25, 0.0, 1.0);
    gl_FragColor = vec4(paint.rgb * soft, soft);
    return;
  }
  vec2 a = abs(p);
  float d;
  if (shape < 0.5) d = length(p) - 0.86;
  else if (shape < 1.5) d = max(a.x * 0.866 - (p.y - 0.25) * 0.5, p.y - 0.25) - 0.58;
  else if (shape < 2.5) d = max(a.x, a.y) - 0.74;
  else if (shape < 3.5) d = (a.x + a.y - 1.0) * 0.707;
  else d = max(min(a.x, a.y) - 0.3, max(a.x, a.y) - 0.9);
  float soft = 2.0 / pixels;
  float alpha = paint.a * (1.0 - smoothstep(-soft, 0.0, d));
  if (alpha < 0.01) discard;
  float inner = pixels < 6.0 ? 1.0 : 1.0 - smoothstep(-1.2 * soft, -0.6 * soft, d);
  gl_FragColor = vec4(mix(rim, paint.rgb, inner) * alpha, alpha);
}`;

// null where there is no WebGL.
function makePoints(canvas, state) {
  const {library} = state;
  const wanted = {antialias: false, alpha: true, premultipliedAlpha: true};
  const context = canvas.getContext('webgl2', wanted) ?? canvas.getContext('webgl', wanted);
  if (!context) return null;
  let program, buffers;
  const places = new Uint16Array(2 * library.count), colours = new Uint8Array(4 * library.count), kinds = new Uint8Array(2 * library.count);
  for (let track = 0; track < library.count; track++) {
    places[2 * track] = library.x[track];
    places[2 * track + 1] = library.y[track];
  }

  function prepare() {
    program = drawing.createProgramInfo(context, [VERTEX, FRAGMENT]);
    buffers = drawing.createBufferInfoFromArrays(context, {
      place: {numComponents: 2, data: places, normalize: false},
      colour: {numComponents: 4, data: colours, normalize: true, drawType: context.DYNAMIC_DRAW},
      kind: {numComponents: 2, data: kinds, normalize: false, drawType: context.DYNAMIC_DRAW},
    });
    context.enable(context.BLEND);
    context.blendFunc(context.ONE, context.ONE_MINUS_SRC_ALPHA);
    context.useProgram(program.program);
    drawing.setBuffersAndAttributes(context, program, buffers);
  }

  prepare();
  canvas.addEventListener('webglcontextlost', (event) => event.preventDefault());
  canvas.addEventListener('webglcontextrestored', () => {
    prepare();
    state.tell('restored');
  });

  return {
    // paint(track) gives [r, g, b, shape]; tracks without a point are never seen.
    paint(paint, dimmed) {
      for (let track = 0; track < library.count; track++) {
        const on = state.lit[track] === 1, chosen = state.chosen.has(track);
        const [r, g, b, shape] = on || chosen ? paint(track) : [...dimmed, 0];
        const none = !hasPoint(library, track);
        colours.set([r, g, b, none ? 0 : !on && !chosen ? 70 : library.status[track] === UNCERTAIN ? 150 : 225], 4 * track);
        kinds[2 * track] = shape;
        kinds[2 * track + 1] = chosen ? 2 : on && (state.chosen.size === 0 || state.chosen.has(track)) ? 1 : 0;
        if (none) places[2 * track] = places[2 * track + 1] = NONE_16;
        if (state.chosen.size && !chosen) colours[4 * track + 3] = Math.min(colours[4 * track + 3], 70);
      }
      drawing.setAttribInfoBufferFromArray(context, buffers.attribs.colour, colours);
      drawing.setAttribInfoBufferFromArray(context, buffers.attribs.kind, kinds);
    },
    // scale, offset: from a point's numbers to WebGL's -1..1. size: in pixels of the canvas. rim: 0..1 each.
    draw(scale, offset, size, rim) {
      context.viewport(0, 0, canvas.width, canvas.height);
      context.clearColor(0, 0, 0, 0);
      context.clear(context.COLOR_BUFFER_BIT);
      if (!library.count) return;
      for (const onTop of isNarrowed(state) || state.chosen.size ? [0, 1] : [1]) {
        drawing.setUniforms(program, {scale, offset, size, rim, onTop});
        drawing.drawBufferInfo(context, buffers, context.POINTS);
      }
    },
    // How many milliseconds it takes from now until all is drawn; 0 where that cannot be known (WebGL 1).
    async finished() {
      if (!context.fenceSync) return 0;
      const started = performance.now(), fence = context.fenceSync(context.SYNC_GPU_COMMANDS_COMPLETE, 0);
      context.flush();
      while (!context.isContextLost() && context.clientWaitSync(fence, 0, 0) === context.TIMEOUT_EXPIRED && performance.now() - started < 1000) {
        await new Promise((go) => setTimeout(go, 1));
      }
      context.deleteSync(fence);
      return performance.now() - started;
    },
  };
}
