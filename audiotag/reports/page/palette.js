// Colours that the colour-blind can tell (Okabe and Ito's, the yellow and the black replaced by what shows on
// white and on black), and a shape beside each, so that colour is never the only sign.

const COLOURS = {
  light: ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8f7a00', '#5e4fa2'],
  dark: ['#4aa3df', '#ff7f3a', '#1fc397', '#e39ac4', '#f2b431', '#8fd3ff', '#e6dc5a', '#a99bf0'],
};
const OTHER = {light: '#9aa3ad', dark: '#6b7480'};
const SHAPES = ['circle', 'triangle', 'square', 'diamond', 'cross'];
const SHAPE_PATHS = {
  circle: 'M8 3a5 5 0 1 0 .01 0z', triangle: 'M8 2.5 14 13.300H2z', square: 'M3.5 3.500h9v9h-9z',
  diamond: 'M8 1.5 14.5 8 8 14.5 1.5 8z', cross: 'M6 2.500h4V6h3.500v4H10v3.500H6V10H2.500V6H6z',
};
// From little to much, from early to late: as viridis, each step lighter than the one before, to the colour-blind
// as well, and none of them grey; each scale goes as far as can be seen on its ground.
const SCALE = {
  light: ['#3b0f70', '#3b4285', '#28618a', '#1d7f7e', '#3f9440', '#93ac00'],
  dark: ['#6a6fd8', '#3f8fcc', '#2fae9f', '#62c763', '#b3db3a', '#fdf04a'],
};
const MOST_ENTRIES = 24;

// The look of the n-th of some: no two of the first 40 are alike.
const lookOf = (place) => ({colour: place % 8, shape: SHAPES[Math.floor(place / 8) % SHAPES.length]});

function rgb(hex) {
  const value = parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function scaleColour(share, theme) {
  const scale = SCALE[theme];
  const place = Math.min(Math.max(share, 0), 1) * (scale.length - 1);
  const below = Math.min(Math.floor(place), scale.length - 2);
  const [one, other] = [rgb(scale[below]), rgb(scale[below + 1])];
  return one.map((value, at) => Math.round(value + (other[at] - value) * (place - below)));
}

function swatch(look, theme) {
  const svg = makeSvg('svg', {viewBox: '0 0 16 16', class: 'swatch', 'aria-hidden': 'true'});
  svg.append(makeSvg('path', {d: SHAPE_PATHS[look.shape], fill: look.colour === null ? OTHER[theme] : COLOURS[theme][look.colour]}));
  return svg;
}
