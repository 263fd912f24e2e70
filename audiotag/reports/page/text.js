// Foreign text, and how it gets into the page: as text, never as HTML.

// Control characters, what turns the direction of writing, ends of lines, and halves of characters.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const ESCAPES = {'\n': '\\n', '\r': '\\r', '\t': '\\t'};

// A text on one line, with what cannot be seen as \x1b, \u202e, or \xff for a byte that is no text.
function shown(text) {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.charCodeAt(0);
    if (code >= 0xdc80 && code <= 0xdcff) return '\\x' + (code - 0xdc00).toString(16);
    return ESCAPES[character] ?? (code < 256 ? '\\x' + code.toString(16).padStart(2, '0') : '\\u' + code.toString(16));
  });
}

// An element: make('li', {class: 'row', onclick: f}, 'text', other). What is null is left out.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function makeSvg(tag, attributes = {}) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

// Foreign text whose direction of writing ends where it ends.
function bdi(text, otherwise = '') {
  return make('bdi', {}, text === '' ? otherwise : shown(text));
}

const byId = (id) => document.getElementById(id);
const whole = new Intl.NumberFormat('en');
const number = (value) => whole.format(value);
const plural = (count, thing) => `${number(count)} ${thing}${count === 1 ? '' : 's'}`;
const percent = (share) => `${Math.round(100 * share)} %`;

// 3:05, or 1:02:03.
function clock(seconds) {
  const rest = String(seconds % 60).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${rest}`;
}

// For who cannot see the page.
function say(text) {
  byId('spoken').textContent = text;
}

// A text as it is searched: without case and accents.
function folded(text) {
  if (/^[\u0000-\u007f]*$/.test(text)) return text.toLowerCase();
  return text.normalize('NFKD').replace(/\p{M}+/gu, '').toLowerCase();
}
