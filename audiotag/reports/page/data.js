// The library as columns: typed arrays for numbers, lists for texts. See block.py for the way here.

const NONE_8 = 255, NONE_16 = 65535, LAST_PLACE = 65534;
const OK = 0, UNCERTAIN = 1, TOO_SHORT = 2, FAILED = 3, MISSING = 4;
const LISTS = ['folder', 'artist', 'album', 'genre', 'styles', 'kind', 'error', 'model', 'plan'];

function emptyLibrary(facts, count) {
  const library = {
    facts, count, have: 0,
    names: new Array(count), titles: new Array(count),
    status: new Uint8Array(count), confidence: new Uint16Array(count), seconds: new Uint16Array(count),
    year: new Uint16Array(count),  // 0: not known
    bars: new Uint8Array(count * facts.genres.length),
    x: new Uint16Array(count), y: new Uint16Array(count),
    lists: {}, numbers: {}, plans: [],
  };
  for (const name of LISTS) {
    library.lists[name] = [];
    library.numbers[name] = new Uint32Array(count);
  }
  return library;
}

// A column of base64; little endian, as every browser's machine is.
function unpacked(column) {
  if (column.bits === 0) return null;
  const binary = atob(column.data);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return column.bits === 8 ? bytes : column.bits === 16 ? new Uint16Array(bytes.buffer) : new Uint32Array(bytes.buffer);
}

function addBlock(library, block) {
  const at = library.have;
  for (let i = 0; i < block.count; i++) {
    library.names[at + i] = block.name[i];
    library.titles[at + i] = block.title[i];
  }
  for (const name of ['status', 'confidence', 'seconds', 'x', 'y']) library[name].set(unpacked(block[name]), at);
  const years = unpacked(block.year);
  if (years) library.year.set(years, at);
  const genres = library.facts.genres.length;
  if (genres) library.bars.set(unpacked(block.bars), at * genres);
  for (const name of LISTS) {
    for (const text of block.lists[name]) library.lists[name].push(text);
    const numbers = unpacked(block.numbers[name]);
    if (numbers) library.numbers[name].set(numbers, at);
  }
  library.have += block.count;
}

// Reads what stands in the page, block by block, and lets the browser draw in between.
async function readLibrary() {
  const blocks = [...document.querySelectorAll('script[data-kind="tracks"]')];
  const facts = JSON.parse(document.querySelector('script[data-kind="facts"]').textContent);
  const library = emptyLibrary(facts, blocks.reduce((sum, one) => sum + Number(one.dataset.count), 0));
  for (const one of blocks) {
    addBlock(library, JSON.parse(one.textContent));
    one.remove();
    await new Promise((go) => setTimeout(go));
  }
  library.plans = library.lists.plan.map((text) => (text ? readPlan(text) : null));
  return library;
}

function readPlan(text) {
  const [old, fresh, why] = JSON.parse(text);
  return {old, fresh, why, writes: why === ''};
}

const textOf = (library, name, track) => library.lists[name][library.numbers[name][track]];
const hasPoint = (library, track) => library.x[track] !== NONE_16;
const isKnown = (library, track) => library.confidence[track] !== NONE_16;
const confidenceOf = (library, track) => library.confidence[track] / 10000;
const planOf = (library, track) => library.plans[library.numbers.plan[track]];
const pathOf = (library, track) => joined(textOf(library, 'folder', track), library.names[track]);
const joined = (folder, name) => (folder.endsWith('/') ? folder : folder + '/') + name;

// What a track is called: its title, or its file's name.
const titleOf = (library, track) => library.titles[track] || library.names[track];

// [genre, probability], the likeliest first; those of the model used last.
function barsOf(library, track) {
  const genres = library.facts.genres;
  const values = library.bars.subarray(track * genres.length, (track + 1) * genres.length);
  return genres.map((genre, at) => [genre, values[at] / 200, values[at]])
    .filter(([, , raw]) => raw !== NONE_8)
    .sort((one, other) => other[1] - one[1]);
}

// "Album · 1997", as far as it is known.
function albumOf(library, track, otherwise = '') {
  const album = bdi(textOf(library, 'album', track), otherwise), year = library.year[track];
  return year ? [album, album.textContent ? ` · ${year}` : year] : [album];
}

// "Artist, Title, Album, 1997, Rock 81 %", for who hears the page.
function sentence(library, track) {
  const genre = textOf(library, 'genre', track);
  const heard = genre ? `${genre} ${percent(confidenceOf(library, track))}` : library.facts.statuses[library.status[track]];
  return [textOf(library, 'artist', track), titleOf(library, track), textOf(library, 'album', track), library.year[track], heard]
    .filter(Boolean).map(String).map(shown).join(', ');
}
