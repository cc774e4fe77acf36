// The board in the browser: opened, previewed, changed, undone. What the service answers is put into the store here and nowhere else.
import { ask, newKey } from "./api.js";
import { unpacked } from "./shared.js";
import { set, state, touch } from "./store.js";

const query = (look) => new URLSearchParams(Object.entries(look).filter(([, value]) => value !== undefined && value !== "")).toString();

// Open a plan ({plan: id}), a version ({version: 5}), a day ({on: "2026-01-31"}) or the newest version ({}).
export async function open(look) {
  const asked = query(look);
  const [board, shapes] = await Promise.all([ask(`/board?${asked}`), ask(`/board/shapes?${asked}`)]);
  const plan = board.body.plan || null;
  const etag = plan ? (await ask(`/plans/${encodeURIComponent(plan.plan_id)}`)).etag : "";
  const found = unpacked(shapes.body);
  const names = shapes.body.areas;
  set({
    look,
    plan,
    etag,
    board: board.body,
    grids: rowsOf(board.body.grids),
    shapes: new Map(shapes.body.grids.map((id, i) => [id, found.grids[i]])),
    areas: names.area_id.map((id, i) => ({ area_id: id, name: names.name[i], level: names.level[i], parent_id: names.parent_id[i], shape: found.areas[i] })),
    totals: board.body.state,
    units: null,
    preview: null,
  });
}

function rowsOf(columns) {
  const names = Object.keys(columns);
  return new Map(columns.grid_id.map((id, i) => [id, Object.fromEntries(names.map((name) => [name, columns[name][i]]))]));
}

// The units are fetched when somebody first needs them.
export async function loadUnits() {
  if (state.units) return state.units;
  const { body } = await ask(`/board/units?${query(state.look)}`);
  const shapes = unpacked(body).units;
  const units = new Map(body.unit_id.map((id, i) => [id, { unit_id: id, name: body.name[i] || id, households: body.households[i], persons: body.persons[i], shape: shapes[i], point: body.points[i] }]));
  set({ units });
  return units;
}

const planPath = (rest = "") => `/plans/${encodeURIComponent(state.plan.plan_id)}${rest}`;
let asking = null;

// Ask what operations would do; the answer, or why it cannot be done, is put into `preview`. A newer question ends an older one.
export async function preview(operations, { lock = [], unlock = [] } = {}) {
  if (asking) asking.abort();
  const own = (asking = new AbortController());
  try {
    const { body } = await ask(planPath("/preview"), { method: "POST", body: { operations, lock, unlock }, signal: own.signal });
    if (body.revision !== state.plan.revision) return open(state.look);
    set({ preview: { operations: body.operations, effect: body.effect } });
  } catch (problem) {
    if (problem.name !== "AbortError") set({ preview: { problem } });
  } finally {
    if (asking === own) asking = null;
  }
}

export const cancel = () => set({ preview: null });

// Do what was previewed, or other operations.
export async function commit(operations = state.preview && state.preview.operations, locks = {}) {
  if (!operations) return;
  const done = await ask(planPath("/operations"), { method: "POST", body: { operations, ...locks }, match: state.etag, once: newKey() });
  take(done);
}

export async function undo(steps = 1) {
  take(await ask(planPath("/undo"), { method: "POST", body: { steps }, match: state.etag, once: newKey() }));
}

export async function redo(steps = 1) {
  take(await ask(planPath("/redo"), { method: "POST", body: { steps }, match: state.etag, once: newKey() }));
}

// Put what a change answered into the store.
export function take({ body, etag }) {
  const { result, ...plan } = body;
  if (result && result.effect) apply(result.effect);
  set({ plan, etag, preview: null });
}

function apply(effect) {
  for (const row of effect.grids) {
    if (row.change === "gone") state.grids.delete(row.grid_id);
    else state.grids.set(row.grid_id, { ...(state.grids.get(row.grid_id) || {}), ...after(row), ...(effect.texts[row.grid_id] || {}) });
  }
  for (const feature of effect.shapes.features) {
    const id = feature.properties.grid_id;
    if (feature.geometry) state.shapes.set(id, ringsOf(feature.geometry));
    else state.shapes.delete(id);
  }
  set({ totals: effect.state });
  touch("grids", "shapes");
}

// The figures of a row of an effect as they are after it.
export function after(row) {
  const found = { grid_id: row.grid_id, name: row.name };
  for (const key of Object.keys(row)) if (key.endsWith("_after")) found[key.slice(0, -6)] = row[key];
  return found;
}

// A GeoJSON polygon as lists of rings of [lat, lng].
export function ringsOf(geometry) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  return polygons.map((rings) => rings.map((ring) => ring.map(([lng, lat]) => [lat, lng])));
}
