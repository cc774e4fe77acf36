// The one state of the page. Modules read it, change it with `set`, and hear of changes with `on`.
export const state = {
  plan: null, // the open plan as the service tells it, or null where a version or a day is looked at
  etag: "", // of the plan's state: what a change rests on
  look: {}, // what is looked at: {plan}, {version} or {on}
  board: null, // limits, services, bounds, version, tier
  grids: new Map(), // figures of every grid by id: {grid_id, name, households, deviation, range, share_…}
  shapes: new Map(), // polygons of every grid by id, each a list of rings of [lat, lng]
  areas: [], // {area_id, name, level, parent_id, shape}
  units: null, // {unit_id: {name, households, persons, shape}} once somebody paints
  totals: null, // of all grids, with out_of_range and broken: see `state` of /api/v1/board
  chosen: "", // id of the grid that is looked at
  tool: "select",
  colour: "deviation", // what the map's colours say: "deviation", "share_…", "staff" …
  preview: null, // {operations, effect} that wait for a yes, or {problem}
  busy: 0, // requests under way
  online: true,
};

const listeners = [];

// Listen to some keys; the listener is told the whole state. Returns what ends it.
export function on(keys, listener) {
  const entry = { keys: new Set(keys), listener };
  listeners.push(entry);
  return () => listeners.splice(listeners.indexOf(entry), 1);
}

export function set(changes) {
  const changed = Object.keys(changes).filter((key) => changes[key] !== state[key]);
  Object.assign(state, changes);
  touch(...changed);
}

// Say that the inside of some values changed, such as a figure in `grids`.
export function touch(...keys) {
  if (!keys.length) return;
  for (const entry of listeners.slice()) if (keys.some((key) => entry.keys.has(key))) entry.listener(state);
}
