// Who lies where on the map: the points in square cells, so that the nearest are found without looking at all.

function makeGrid(library) {
  const points = [];
  for (let track = 0; track < library.count; track++) if (hasPoint(library, track)) points.push(track);
  const side = Math.min(1024, Math.max(1, Math.ceil(Math.sqrt(points.length / 2))));
  const size = (LAST_PLACE + 1) / side;
  const cell = (value) => Math.min(side - 1, Math.max(0, Math.floor(value / size)));
  const starts = new Uint32Array(side * side + 1);
  const cellOf = (track) => cell(library.y[track]) * side + cell(library.x[track]);
  for (const track of points) starts[cellOf(track) + 1]++;
  for (let at = 0; at < side * side; at++) starts[at + 1] += starts[at];
  const next = starts.slice(), tracks = new Uint32Array(points.length);
  for (const track of points) tracks[next[cellOf(track)]++] = track;

  // Calls `visit(track, squared distance)` for all in the cells that lie `ring` cells around a place.
  function visitRing(x, y, ring, visit) {
    const [column, row] = [cell(x), cell(y)];
    for (let r = Math.max(0, row - ring); r <= Math.min(side - 1, row + ring); r++) {
      const edge = Math.abs(r - row) === ring;
      for (let c = column - ring; c <= column + ring; c += edge || ring === 0 ? 1 : 2 * ring) {
        if (c < 0 || c >= side) continue;
        for (let at = starts[r * side + c]; at < starts[r * side + c + 1]; at++) {
          const track = tracks[at];
          visit(track, (library.x[track] - x) ** 2 + (library.y[track] - y) ** 2);
        }
      }
    }
  }

  return {
    size: points.length,
    // The one nearest to a place and no farther than `radius`, or -1. `takes` says who counts.
    nearest(x, y, radius, takes) {
      let best = -1, least = radius * radius;
      for (let ring = 0; ring * size <= radius + size && ring <= side; ring++) {
        if (best >= 0 && (ring - 1) * size > Math.sqrt(least)) break;
        visitRing(x, y, ring, (track, distance) => {
          if (distance <= least && takes(track)) [best, least] = [track, distance];
        });
      }
      return best;
    },
    // The `count` nearest to a track, the nearest first.
    neighbours(track, count) {
      if (!hasPoint(library, track)) return [];
      const [x, y] = [library.x[track], library.y[track]];
      let found = [];
      for (let ring = 0; ring <= side; ring++) {
        visitRing(x, y, ring, (other, distance) => {
          if (other !== track) found.push([distance, other]);
        });
        if (found.length > 4 * count || ring === side) {
          found.sort(([one], [other]) => one - other);
          found = found.slice(0, count);
        }
        // What lies beyond this ring is farther away than its inner edge.
        const sure = found.filter(([distance]) => distance <= (ring * size) ** 2).length;
        if (sure >= count || found.length >= points.length - 1) break;
      }
      return found.sort(([one], [other]) => one - other).slice(0, count).map(([, other]) => other);
    },
    // All for which `holds(x, y)` is true.
    inside: (holds) => points.filter((track) => holds(library.x[track], library.y[track])),
  };
}
