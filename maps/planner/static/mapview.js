// The map: grids in colours, areas, what a preview would change. Other modules add layers to `map` in panes of their own.
import { L, addBasemap, byId, data, t } from "./shared.js";
import { on, set, state } from "./store.js";
import { ringsOf } from "./board.js";
import { fillOf } from "./colours.js";

export const map = L.map("map", { zoomControl: false, attributionControl: false, preferCanvas: true, minZoom: 3, maxZoom: 21, zoomSnap: 0.5 });
const canvas = L.canvas({ padding: 0.3, tolerance: 3 });
const polygons = new Map();
const areas = L.layerGroup().addTo(map);
const ghost = L.layerGroup().addTo(map);
const halo = L.layerGroup().addTo(map);
const listeners = [];

// Tools hear of what is done on grids: {type: "click" | "dblclick" | "contextmenu", grid, latlng, original}.
export const onGrid = (listener) => { listeners.push(listener); return () => listeners.splice(listeners.indexOf(listener), 1); };

export function start() {
  addBasemap(map);
  map.getContainer().setAttribute("aria-label", t("map"));
  on(["shapes", "grids", "colour"], draw);
  on(["areas"], drawAreas);
  on(["board"], fit);
  on(["preview"], drawPreview);
  on(["chosen", "shapes"], drawChosen);
}

export function fit() {
  const box = state.board && state.board.bounds;
  if (box) map.fitBounds([[box[1], box[0]], [box[3], box[2]]], { animate: false, padding: [16, 16] });
}

export function showGrid(id) {
  const shape = state.shapes.get(id);
  if (!shape) return;
  map.fitBounds(L.polygon(shape).getBounds(), { animate: false, padding: [80, 80], maxZoom: 17 });
  set({ chosen: id });
}

function draw() {
  for (const [id, layer] of polygons) if (!state.shapes.has(id)) { layer.remove(); polygons.delete(id); }
  for (const [id, shape] of state.shapes) {
    let layer = polygons.get(id);
    const style = { ...data.style.lines.grid, renderer: canvas, fillColor: fillOf(state.grids.get(id) || {}) };
    if (!layer) {
      layer = L.polygon(shape, style).addTo(map);
      for (const type of ["click", "dblclick", "contextmenu"]) layer.on(type, (event) => tell(type, id, event));
      polygons.set(id, layer);
    } else {
      if (layer.shape !== shape) layer.setLatLngs(shape);
      layer.setStyle(style);
    }
    layer.shape = shape;
  }
}

function tell(type, grid, event) {
  for (const listener of listeners.slice()) listener({ type, grid, latlng: event.latlng, original: event.originalEvent });
}

function drawAreas() {
  areas.clearLayers();
  for (const area of state.areas) L.polygon(area.shape, { ...data.style.lines.area, renderer: canvas, interactive: false }).addTo(areas);
}

function drawPreview() {
  ghost.clearLayers();
  if (!state.preview) return;
  const { effect, problem } = state.preview;
  const style = { renderer: canvas, interactive: false, color: problem ? "#d11507" : "#10181f", weight: 3, dashArray: "6 4", fill: false };
  if (effect) for (const feature of effect.shapes.features) if (feature.geometry) L.polygon(ringsOf(feature.geometry), style).addTo(ghost);
  if (problem && problem.body && problem.body.place) L.geoJSON(problem.body.place, { style, interactive: false }).addTo(ghost);
}

function drawChosen() {
  halo.clearLayers();
  const shape = state.shapes.get(state.chosen);
  if (!shape) return;
  L.polygon(shape, { ...data.style.lines.grid_halo, renderer: canvas, interactive: false }).addTo(halo);
  L.polygon(shape, { ...data.style.lines.grid_chosen, renderer: canvas, interactive: false }).addTo(halo);
}

export const mapElement = byId("map");
