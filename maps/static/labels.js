// Names on the map: areas first, then grids, each only where it covers no other.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var data = geogrid.data;
  var MOST = 140, SMALL_GAP = 60;
  var SHIFTS = [0, 16, -16, 30, -30, 46, -46];
  var AREA = { size: 13, weight: 600, kind: "areas", isArea: true };
  var GRID = { size: 11, weight: 400, kind: "grids" };
  var ruler = document.createElement("canvas").getContext("2d");

  function widthOf(text, style) {
    ruler.font = style.weight + " " + style.size + "px sans-serif";
    return ruler.measureText(text).width + 6;
  }

  // A point inside a polygon: the middle of its widest stretch at the height of its centroid.
  function anchor(shape) {
    var ring = shape.reduce(function (largest, rings) { return !largest || area(rings[0]) > area(largest) ? rings[0] : largest; }, null);
    if (!ring) return null;
    var lat = ring.reduce(function (sum, p) { return sum + p[0]; }, 0) / ring.length + 1e-9;
    var crossings = [];
    for (var i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      var a = ring[i], b = ring[j];
      if (a[0] > lat !== b[0] > lat) crossings.push(a[1] + ((b[1] - a[1]) * (lat - a[0])) / (b[0] - a[0]));
    }
    crossings.sort(function (x, y) { return x - y; });
    var best = null;
    for (var k = 0; k + 1 < crossings.length; k += 2) {
      var width = crossings[k + 1] - crossings[k];
      if (!best || width > best.width) best = { width: width, place: L.latLng(lat, (crossings[k] + crossings[k + 1]) / 2) };
    }
    return best;
  }

  function area(ring) {
    var sum = 0;
    for (var i = 0, j = ring.length - 1; i < ring.length; j = i++) sum += ring[j][1] * ring[i][0] - ring[i][1] * ring[j][0];
    return Math.abs(sum / 2);
  }

  var anchors = {};
  function anchorOf(kind, index) {
    var known = (anchors[kind] = anchors[kind] || []);
    if (!(index in known)) known[index] = anchor(geogrid.shapes[kind][index]);
    return known[index];
  }

  // A place inside a thing, where its tooltip points, and how wide the thing is there.
  geogrid.within = function (kind, index) { return anchorOf(kind, index).place; };
  geogrid.anchor = anchorOf;

  function candidates() {
    var areas = data.layers.areas;
    var leaves = areas.name.map(function (_, i) { return i; }).filter(function (i) { return areas.leaf[i]; });
    var grids = data.layers.grids.name.map(function (_, i) { return { style: GRID, index: i, text: data.layers.grids.name[i] }; });
    return leaves.map(function (i) { return { style: AREA, index: i, text: areas.name[i] }; }).concat(grids);
  }

  // Greedy: the first name that fits keeps its place; a grid's name only where its grid is wide enough for it.
  function arrange(map, all, taken, gaps) {
    var view = map.getBounds().pad(0.05), kept = [];
    all.forEach(function (label) {
      var spot = kept.length < MOST && anchorOf(label.style.kind, label.index);
      if (!spot || !view.contains(spot.place)) return;
      var at = map.latLngToContainerPoint(spot.place);
      var width = widthOf(label.text, label.style);
      var room = map.latLngToContainerPoint([spot.place.lat, spot.place.lng + spot.width]).x - at.x;
      var inGrid = !label.style.isArea;
      if (inGrid && room < width + 8) return;
      var box = [at.x - width / 2, at.y - label.style.size * 0.8, at.x + width / 2, at.y + label.style.size * 0.8];
      box = free(map, inGrid ? taken.concat(gaps) : taken, box, label);
      if (!box) return;
      taken.push(box);
      kept.push({ label: label, place: map.containerPointToLatLng([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]) });
    });
    return kept;
  }

  // The box where it is or a little lower or higher, where nothing is yet and the name still lies in its polygon; or null.
  function free(map, boxes, box, label) {
    for (var i = 0; i < SHIFTS.length; i++) {
      var moved = [box[0], box[1] + SHIFTS[i], box[2], box[3] + SHIFTS[i]];
      var middle = map.containerPointToLatLng([(moved[0] + moved[2]) / 2, (moved[1] + moved[3]) / 2]);
      if (!hits(boxes, moved) && geogrid.holds(label.style.kind, label.index, middle)) return moved;
    }
    return null;
  }

  // Names keep clear of symbols; names of grids also of small gaps.
  function symbols(map) {
    var visible = geogrid.state.layers, view = map.getBounds().pad(0.05);
    var boxes = [];
    function add(place, half) {
      if (!view.contains(place)) return;
      var at = map.latLngToContainerPoint(place);
      boxes.push([at.x - half, at.y - 8, at.x + half, at.y + 8]);
    }
    if (visible.facilities) geogrid.facilitiesShown().forEach(function (shown) { add(geogrid.facilityPoints[shown.facility], 8 * shown.services.length); });
    if (visible.defects) geogrid.defectPoints.forEach(function (place) { add(place, 8); });
    return boxes;
  }

  function smallGaps(map) {
    if (!geogrid.state.layers.gaps) return [];
    return geogrid.gapsShown().map(function (gap) {
      var box = geogrid.boundsOf("gaps", gap);
      var low = map.latLngToContainerPoint(box.getSouthWest()), high = map.latLngToContainerPoint(box.getNorthEast());
      return [low.x, high.y, high.x, low.y];
    }).filter(function (box) { return box[2] - box[0] < SMALL_GAP && box[3] - box[1] < SMALL_GAP; });
  }

  function hits(boxes, box) {
    return boxes.some(function (b) { return b[0] < box[2] && b[2] > box[0] && b[1] < box[3] && b[3] > box[1]; });
  }

  // A page with other things to name gives them, each {style: {size, weight, kind}, index, text}, the pane that they stand in, and
  // what they keep clear of. An area (style.isArea) is named however small it is; style.look is its class where that is not its kind.
  geogrid.labelLayer = function (map, own, pane, obstacles) {
    var group = L.layerGroup();
    var all = own || candidates();
    function draw() {
      group.clearLayers();
      arrange(map, all, own ? (obstacles ? obstacles(map) : []) : symbols(map), own ? [] : smallGaps(map)).forEach(function (found) {
        var text = geogrid.h("span", { class: "name " + (found.label.style.look || found.label.style.kind) }, found.label.text);
        var icon = L.divIcon({ className: "label", html: text, iconSize: [0, 0] });
        group.addLayer(L.marker(found.place, { icon: icon, interactive: false, keyboard: false, pane: pane || "names" }));
      });
    }
    group.restyle = function () { if (map.hasLayer(group)) draw(); };
    if (!pane) map.createPane("names").style.zIndex = 640;
    group.on("add", function () {
      draw();
      map.on("moveend resize", draw);
    });
    group.on("remove", function () { map.off("moveend resize", draw); });
    return group;
  };
})();
