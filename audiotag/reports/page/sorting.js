// Sorting 100,000 rows: every column is first made a column of ranks, once, and those are sorted.

// Digits as numbers, so that "Song 10" comes after "Song 9"; what is empty comes last.
const sortKey = (text) => (text === '' ? '\uffff' : folded(text).replace(/\d+/g, (digits) => digits.padStart(8, '0')));

// The place of each text among all of them, equal ones alike.
function textRanks(texts) {
  const keys = texts.map(sortKey);
  const order = Uint32Array.from(keys.keys()).sort((one, other) => (keys[one] < keys[other] ? -1 : keys[one] > keys[other] ? 1 : 0));
  const ranks = new Float64Array(texts.length);
  let rank = 0;
  order.forEach((at, place) => {
    if (place > 0 && keys[at] !== keys[order[place - 1]]) rank++;
    ranks[at] = rank;
  });
  return ranks;
}

function listRanks(library, name) {
  const ranks = textRanks(library.lists[name]);
  return Float64Array.from(library.numbers[name], (at) => ranks[at]);
}

// The tracks in the order of their ranks; equal ones stay as they are. One number holds rank and track.
function sorted(tracks, ranks, descending) {
  const most = 2 ** 26;
  const packed = Float64Array.from(tracks, (track) => (descending ? -ranks[track] : ranks[track]) * most + track);
  packed.sort();
  return Uint32Array.from(packed, (value) => value - Math.floor(value / most) * most);
}
