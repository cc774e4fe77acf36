// The two maps of a proposal, which always show the same place: today and the proposal, and what lies under the pointer.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var data = geogrid.data, shapes = geogrid.shapes, lines = data.style.lines, state = geogrid.state;
  var t = geogrid.t, h = geogrid.h, byId = geogrid.byId, pick = geogrid.pick;
  var UNITS = 1e6, REACH = 11, NAMED = 60;
  var MOVED = "#a8006b", TROUBLE = "#c1121f", BARRIER = "#2f7fb5", SPOKE = "#39434b";
  var PANES = ["fill", "streets", "land", "outlines", "top"];
  var calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  var sides = (geogrid.maps = []);
  var patterns = {}, following = false, fitted = "";

  geogrid.placeOfSpot = function (spot) { return spot ? L.latLng(spot[1] / UNITS, spot[0] / UNITS) : null; };
  geogrid.holds = function (key, i, place) { return geogrid.inside(shapes[key][i], place); };
  function darker(colour, share) {
    return "#" + [1, 3, 5].map(function (at) { return ("0" + Math.round(parseInt(colour.slice(at, at + 2), 16) * share).toString(16)).slice(-2); }).join("");
  }
  function stripes() {
    var size = 9, tile = document.createElement("canvas"), context = tile.getContext("2d");
    tile.width = tile.height = size;
    context.strokeStyle = MOVED;
    context.lineWidth = 2;
    for (var shift = -size; shift <= size; shift += size) {
      context.beginPath();
      context.moveTo(shift - 1, -1);
      context.lineTo(shift + size + 1, size + 1);
      context.stroke();
    }
    return context.createPattern(tile, "repeat");
  }

  // The colour of a feature: by class, or its own; null where it is hatched.
  geogrid.fillOf = function (features, i) {
    var row = data.classes[features["class"][i]], hue = features.hue[i];
    if (state.mode === "each" && hue >= 0) return data.style.hues[hue];
    if (state.mode === "each" && data.kind !== "zones") return "#f6f5f0";
    if (!row) return "#f6f5f0";
    return row.hatched ? null : row.colour;
  };

  function path(side, pane, more) { return Object.assign({ interactive: false, renderer: side.canvases[pane], smoothFactor: 0 }, more); }
  var Sign = L.CircleMarker.extend({
    _updatePath: function () {
      var o = this.options;
      if (!this._renderer._drawing || this._empty()) return;
      var context = this._renderer._ctx, at = this._point;
      geogrid.paintSymbol(context, at.x, at.y, o.size, o.symbol, o.hollow);
      if (!o.number) return;
      context.fillStyle = "#ffffff";
      context.font = "650 " + (o.number > 99 ? 9 : 12) + "px sans-serif";
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillText(String(o.number), at.x, at.y + 0.5);
    },
  });

  function drawSide(s) {
    var side = sides[s], told = geogrid.sideOf(s), group = side.group;
    group.clearLayers();
    if (side.names) side.names.remove();
    if (told.features) drawFeatures(side, told.features);
    if (told.outlines) shapes[told.outlines.set].forEach(function (shape) { group.addLayer(L.polygon(shape, path(side, "outlines", outlineStyle(told)))); });
    if (told.moved && state.moved) drawMoved(side, told.moved);
    told.spokes.forEach(function (spoke) {
      var ends = [[spoke[1] / UNITS, spoke[0] / UNITS], [spoke[3] / UNITS, spoke[2] / UNITS]];
      group.addLayer(L.polyline(ends, path(side, "land", { color: "#ffffff", weight: 3.4, opacity: 0.7 })));
      group.addLayer(L.polyline(ends, path(side, "land", { color: SPOKE, weight: 1.5, opacity: 0.85 })));
    });
    if (told.withTroubles) drawTroubles(side, geogrid.answer().troubles);
    side.signs = [];
    told.signs.forEach(function (sign, k) { drawSign(side, sign, k); });
    side.names = geogrid.labelLayer(side.map, labelsOf(told), "names" + s, function () { return obstacles(side); }).addTo(side.map);
    var flag = byId("flag" + s);
    flag.textContent = pick(told.title) + (s === 1 && data.answers.length > 1 ? " · " + geogrid.answerName(state.answer) : "");
    side.map.getContainer().setAttribute("aria-label", t("mapOf", { side: pick(told.title) }));
    side.map.getContainer().setAttribute("role", "application");
  }
  function outlineStyle(told) {
    return told.features ? { color: "#39434b", weight: told.outlines.names.length > NAMED ? 1 : 1.8, opacity: 0.85, fill: false }
      : { color: "#8a949c", weight: 1.2, opacity: 1, fill: true, fillColor: "#ffffff", fillOpacity: 0.75 };
  }
  function drawFeatures(side, features) {
    var set = shapes[features.set], many = set.length > 150;
    set.forEach(function (shape, i) {
      var fill = geogrid.fillOf(features, i);
      if (shape.length) side.group.addLayer(L.polygon(shape, path(side, "fill", { color: data.kind === "zones" ? "#a3acb3" : "#77828b", weight: many ? 0.6 : 1, opacity: 0.9, fill: true, fillColor: fill || patterns.unknown, fillOpacity: 0.88 })));
      else if (features.spots[i]) side.group.addLayer(L.circleMarker(geogrid.placeOfSpot(features.spots[i]), path(side, "outlines", { radius: many ? 3.6 : 5, color: "#39434b", weight: 1, fill: true, fillColor: fill ? darker(fill, 0.72) : "#ffffff", fillOpacity: 1 })));
    });
  }
  function drawMoved(side, moved) {
    shapes[moved.set].forEach(function (shape) {
      side.group.addLayer(L.polygon(shape, path(side, "land", { color: "#ffffff", weight: 4, opacity: 0.85, fill: false })));
      side.group.addLayer(L.polygon(shape, path(side, "land", { color: MOVED, weight: 1.8, opacity: 1, fill: true, fillColor: patterns.moved, fillOpacity: 1 })));
    });
  }
  function drawTroubles(side, troubles) {
    if (!troubles.set) return;
    shapes[troubles.set].forEach(function (shape, i) {
      if (shape.length) side.group.addLayer(L.polygon(shape, path(side, "outlines", { color: TROUBLE, weight: 2.6, opacity: 1, dashArray: "7 5", fill: true, fillColor: TROUBLE, fillOpacity: 0.08 })));
      else if (troubles.spots[i]) side.group.addLayer(new Sign(geogrid.placeOfSpot(troubles.spots[i]), path(side, "top", { radius: 12, size: 7, symbol: { shape: "triangle", colour: TROUBLE }, hollow: true })));
    });
  }
  function drawSign(side, sign, k) {
    sign.spots.forEach(function (spot, i) {
      if (!spot) return;
      var size = sign.numbers.length ? 12 : sign.small ? (geogrid.isHollow(sign) ? 3.4 : 2) : 7;
      var mark = new Sign(geogrid.placeOfSpot(spot), path(side, "top", { radius: size + 5, size: size, symbol: sign.symbol, hollow: geogrid.isHollow(sign), number: sign.numbers[i] }));
      mark.told = { sign: k, index: i, name: sign.names[i], said: sign.said[i], number: sign.numbers[i] };
      side.signs.push(mark);
    });
    // The first on top.
    side.signs.filter(function (mark) { return mark.told.sign === k; }).reverse().forEach(function (mark) { side.group.addLayer(mark); });
  }
  // Numbers stand on the map where colours say how many, names where each has its own.
  function labelsOf(told) {
    var features = told.features, outlines = told.outlines;
    var areas = outlines && outlines.names.length <= NAMED ? outlines.names.map(function (name, i) {
      return { style: { size: 13, weight: 600, kind: outlines.set, isArea: true, look: "areas" }, index: i, text: name };
    }) : [];
    var own = features ? (state.mode === "class" ? features.labels : features.names).map(function (name, i) {
      return { style: { size: 11, weight: 400, kind: features.set, look: "own" }, index: i, text: name };
    }) : [];
    return areas.concat(own).filter(function (label) { return label.text && shapes[label.style.kind][label.index].length; });
  }
  geogrid.labelsOf = labelsOf;
  function obstacles(side) {
    return side.signs.filter(function (mark) { return mark.options.size > 4; }).map(function (mark) {
      var at = side.map.latLngToContainerPoint(mark.getLatLng()), r = mark.options.size + 2;
      return [at.x - r, at.y - r, at.x + r, at.y + r];
    });
  }

  geogrid.drawMaps = function () {
    [0, 1].forEach(drawSide);
    geogrid.outline();
  };
  // What is chosen has a dark border on both maps; a zone shows how far it reaches.
  geogrid.outline = function () {
    sides.forEach(function (side, s) {
      side.chosen.clearLayers();
      if (!state.chosen) return;
      var features = geogrid.sideOf(s).features, i = state.chosen.features[s];
      if (features && i >= 0) [["#ffffff", 6], ["#10181f", 3]].forEach(function (pair) {
        if (shapes[features.set][i].length) side.chosen.addLayer(L.polygon(shapes[features.set][i], path(side, "outlines", { color: pair[0], weight: pair[1], fill: false })));
        else if (features.spots[i]) side.chosen.addLayer(L.circleMarker(geogrid.placeOfSpot(features.spots[i]), path(side, "top", { radius: 8, color: pair[0], weight: pair[1], fill: false })));
      });
      if (state.chosen.radius) side.chosen.addLayer(L.circle(state.chosen.place, path(side, "outlines", { radius: state.chosen.radius, color: "#10181f", weight: 1.6, dashArray: "5 5", fill: false })));
      else if (state.chosen.sign) side.chosen.addLayer(L.circleMarker(state.chosen.place, path(side, "top", { radius: 16, color: "#10181f", weight: 2.5, fill: false })));
    });
  };

  // Where things are
  function boundsOf(s) {
    var box = L.latLngBounds([]), told = geogrid.sideOf(s);
    function add(key) { shapes[key].forEach(function (shape) { shape.forEach(function (polygon) { polygon[0].forEach(function (p) { box.extend(p); }); }); }); }
    if (told.features) {
      add(told.features.set);
      told.features.spots.forEach(function (spot) { if (spot) box.extend(geogrid.placeOfSpot(spot)); });
    }
    if (told.outlines) add(told.outlines.set);
    told.signs.forEach(function (sign) { sign.spots.forEach(function (spot) { if (spot) box.extend(geogrid.placeOfSpot(spot)); }); });
    return box;
  }
  geogrid.extent = function () { return boundsOf(0).extend(boundsOf(1)); };
  function lead() { return sides[geogrid.shownSides()[0]].map; }
  function show(box, most) {
    var below = geogrid.isPhone() && state.open ? byId("panel").getBoundingClientRect().height - 48 : 0;
    if (box.isValid()) lead().fitBounds(box, { animate: false, maxZoom: most, paddingTopLeft: [14, 40], paddingBottomRight: [14, 14 + Math.max(0, below)] });
  }
  geogrid.fit = function () {
    show(geogrid.extent(), 17);
    fitted = viewOf(lead());
  };
  function viewOf(map) { return [map.getCenter().lat.toFixed(5), map.getCenter().lng.toFixed(5), map.getZoom().toFixed(1)].join(); }
  geogrid.zoomToBox = function (box) { show(L.latLngBounds([box[1], box[0]], [box[3], box[2]]).pad(0.35), 16); };
  geogrid.zoomAround = function (place, metres) { show(place.toBounds(2.2 * metres), 16); };
  geogrid.zoomToPlace = function (place) { show(L.latLngBounds([place, place]), Math.max(lead().getZoom(), 14)); };
  geogrid.zoomToFeature = function (s, i) {
    var features = geogrid.sideOf(s).features, box = L.latLngBounds([]);
    shapes[features.set][i].forEach(function (polygon) { polygon[0].forEach(function (p) { box.extend(p); }); });
    if (box.isValid()) show(box.pad(0.6), 16);
    else if (features.spots[i]) geogrid.zoomToPlace(geogrid.placeOfSpot(features.spots[i]));
  };

  // What lies at a place
  geogrid.featureAt = function (s, place) {
    var features = geogrid.sideOf(s).features, map = sides[s].map;
    if (!features) return -1;
    var inside = shapes[features.set].findIndex(function (shape) { return geogrid.inside(shape, place); });
    if (inside >= 0) return inside;
    var at = map.latLngToContainerPoint(place), best = -1, least = REACH;
    features.spots.forEach(function (spot, i) {
      if (!spot || shapes[features.set][i].length) return;
      var far = map.latLngToContainerPoint(geogrid.placeOfSpot(spot)).distanceTo(at);
      if (far < least) {
        least = far;
        best = i;
      }
    });
    return best;
  };
  function signAt(s, place) {
    var map = sides[s].map, at = map.latLngToContainerPoint(place), best = null, least = Infinity;
    sides[s].signs.forEach(function (mark) {
      var far = map.latLngToContainerPoint(mark.getLatLng()).distanceTo(at) - mark.options.size;
      if (far < Math.min(least, 5)) {
        least = far;
        best = mark;
      }
    });
    return best;
  }
  function landAt(s, place) {
    var moved = geogrid.sideOf(s).moved;
    return moved && state.moved ? shapes[moved.set].findIndex(function (shape) { return geogrid.inside(shape, place); }) : -1;
  }
  function tip(name, said) {
    return h("span", {}, h("b", {}, name), said.map(function (text) { return h("span", {}, pick(text)); }));
  }
  function contentAt(s, place) {
    var mark = signAt(s, place), told = geogrid.sideOf(s);
    if (mark) return tip((mark.told.number ? mark.told.number + ". " : "") + mark.told.name, mark.told.said);
    var land = landAt(s, place);
    if (land >= 0) return tip(pick(told.moved.names[land]), told.moved.said[land]);
    var i = geogrid.featureAt(s, place);
    return i < 0 ? null : tip(told.features.names[i], told.features.said[i]);
  }
  function onMove(s, event) {
    var over = false;
    geogrid.shownSides().forEach(function (each) {
      var content = contentAt(each, event.latlng), side = sides[each];
      over = over || (each === s && Boolean(content));
      if (content) side.tooltip.setContent(content).setLatLng(event.latlng).openOn(side.map);
      else side.tooltip.close();
    });
    sides[s].map.getContainer().classList.toggle("pointing", over);
  }
  function closeTips() { sides.forEach(function (side) { side.tooltip.close(); }); }
  function onClick(s, event) {
    var mark = signAt(s, event.latlng);
    closeTips();
    geogrid.choose(mark ? mark.getLatLng() : event.latlng, mark ? { s: s, told: mark.told } : null);
  }
  // Choose what lies at a place on both maps.
  geogrid.choose = function (place, sign, more) {
    var found = [0, 1].map(function (s) { return geogrid.featureAt(s, place); });
    if (!sign && found[0] < 0 && found[1] < 0) return geogrid.set({ chosen: null });
    geogrid.set({ chosen: Object.assign({ place: place, features: found, sign: sign }, more), open: true });
    var name = sign ? sign.told.name : found[1] >= 0 ? geogrid.sideOf(1).features.names[found[1]] : geogrid.sideOf(0).features.names[found[0]];
    byId("news").textContent = name;
  };
  geogrid.signMark = function (s, number) {
    // The last kind of sign is what the list counts: chosen sites, or centres.
    var kinds = geogrid.sideOf(s).signs.length;
    return sides[s].signs.filter(function (mark) { return mark.told.sign === kinds - 1 && mark.told.index === number; })[0] || null;
  };
  geogrid.screenOf = function (s, place) {
    var at = sides[s].map.latLngToContainerPoint(place), box = sides[s].map.getContainer().getBoundingClientRect();
    return [box.left + at.x, box.top + at.y];
  };

  // Both maps show the same place: the one that moves leads.
  function follow(s) {
    if (following) return;
    following = true;
    var from = sides[s].map, to = sides[1 - s].map;
    to.setView(from.getCenter(), from.getZoom(), { animate: false });
    following = false;
  }
  // On paper the maps have no room of their own.
  function isLaidOut() { return byId("maps").offsetWidth > 0; }
  geogrid.layOut = function () {
    var shown = geogrid.shownSides(), from = sides.findIndex(function (side) { return !byId(side.box).hidden; });
    var was = sides.map(function (side) { return byId(side.box).hidden; });
    sides.forEach(function (side, s) { byId(side.box).hidden = shown.indexOf(s) < 0; });
    if (!isLaidOut() || sides.every(function (side, s) { return was[s] === byId(side.box).hidden; })) return;
    var led = sides[Math.max(from, 0)].map, view = [led.getCenter(), led.getZoom()], whole = viewOf(led) === fitted;
    following = true;
    sides.forEach(function (side) {
      side.map.invalidateSize({ animate: false, pan: false });
      side.map.setView(view[0], view[1], { animate: false });
    });
    following = false;
    if (whole) geogrid.fit();
  };

  function makeSide(s) {
    var map = L.map("map" + s, { zoomControl: false, attributionControl: false, zoomSnap: 0.1, zoomDelta: 0.75, minZoom: 5, maxZoom: 19, wheelPxPerZoomLevel: 90, zoomAnimation: false, fadeAnimation: !calm, inertia: !calm });
    var side = { map: map, canvases: {}, box: "side" + s, group: L.layerGroup(), chosen: L.layerGroup(), signs: [] };
    map.setView([0, 0], 8);
    PANES.forEach(function (name, i) {
      map.createPane(name).style.zIndex = 400 + 10 * i;
      side.canvases[name] = L.canvas({ pane: name, padding: 0.2 });
    });
    map.createPane("names" + s).style.zIndex = 640;
    side.group.addTo(map);
    side.chosen.addTo(map);
    ["path", "minor", "major"].filter(function (kind) { return data.layers.streets[kind]; }).forEach(function (kind) {
      var style = lines[data.style.streets[kind]];
      L.polyline(geogrid.lines(data.layers.streets[kind]), path(side, "streets", Object.assign({}, style, { opacity: style.opacity * 0.65, smoothFactor: 1 }))).addTo(map);
    });
    if (data.layers.barriers) L.polyline(geogrid.lines(data.layers.barriers), path(side, "streets", { color: BARRIER, weight: 3.2, opacity: 0.9, smoothFactor: 1 })).addTo(map);
    side.tooltip = L.tooltip({ direction: "auto", offset: [12, 0], opacity: 1, className: "tip", interactive: false });
    map.on("move zoom", function () { follow(s); });
    map.on("mousemove", function (event) { if (!geogrid.isPhone()) onMove(s, event); }).on("click", function (event) { onClick(s, event); });
    return side;
  }
  geogrid.makeMaps = function () {
    patterns = { unknown: geogrid.hatching(), moved: stripes() };
    sides.push(makeSide(0), makeSide(1));
    geogrid.leaflet = sides[1].map;
    geogrid.addControls(sides[1].map, geogrid.fit);
    byId("maps").addEventListener("mouseleave", closeTips);
    new ResizeObserver(function () {
      if (!isLaidOut()) return;
      following = true;
      sides.forEach(function (side) { side.map.invalidateSize({ animate: false, pan: true }); });
      following = false;
      follow(geogrid.shownSides()[0]);
    }).observe(byId("maps"));
  };
})();
