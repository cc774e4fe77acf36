// The map of street data: streets by how many pass them, findings above, and what lies under the pointer.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var data = geogrid.data, layers = data.layers, shapes = geogrid.shapes;
  var streets = layers.streets, findings = layers.findings;
  var SOON = { interactive: false, smoothFactor: 0.6 };
  var FAR = 13.5, NEAR = 15.5;
  var canvases = {}, groups = {}, map;
  var places = geogrid.points(layers.facilities.points);
  geogrid.marks = geogrid.points(findings.marks);
  geogrid.stretches = grouped(geogrid.lines(streets.lines), streets.parts);
  geogrid.findingLines = grouped(geogrid.lines(findings.lines), findings.parts);

  function grouped(lines, counts) {
    var at = 0;
    return counts.map(function (n) { return lines.slice(at, (at += n)); });
  }

  // The stretches of each street, and the squares of each bare finding.
  var ofStreet = streets.id.map(function () { return []; });
  streets.street.forEach(function (street, i) { ofStreet[street].push(i); });
  var squares = {};
  findings.kind.forEach(function (kind, i) {
    if (data.kinds[kind].id === "bare") squares[i] = shapes.bare[Object.keys(squares).length];
  });
  function linesOfStreet(street) {
    return ofStreet[street].reduce(function (all, i) { return all.concat(geogrid.stretches[i]); }, []);
  }
  geogrid.linesOfStreet = linesOfStreet;
  function kindOf(i) { return data.kinds[findings.kind[i]]; }
  geogrid.kindOf = kindOf;
  // The lines that draw a finding: its own, or those of an unused street.
  function linesOf(i) {
    if (kindOf(i).id === "unused") return findings.streets[i].reduce(function (all, s) { return all.concat(linesOfStreet(s)); }, []);
    return geogrid.findingLines[i];
  }

  geogrid.classOfUse = function (count) {
    var found = 0;
    data.style.classes.forEach(function (row, i) { if (count >= row.least) found = i; });
    return found;
  };
  geogrid.isShown = function (i) { return geogrid.state.kinds[kindOf(i).id]; };

  // Drawing
  function path(canvas, more) { return Object.assign({ renderer: canvases[canvas] }, SOON, more); }
  var Mark = L.CircleMarker.extend({
    _updatePath: function () {
      var options = this.options;
      if (this._renderer._drawing && !this._empty()) geogrid.paintSymbol(this._renderer._ctx, this._point.x, this._point.y, options.size, options.symbol, false);
    },
  });
  function width() {
    var zoom = map.getZoom();
    return zoom < FAR ? 0.6 : zoom < NEAR ? 0.85 : 1.25;
  }
  geogrid.drawStreets = function () {
    groups.streets.clearLayers();
    var byClass = data.style.classes.map(function () { return []; });
    var counts = streets.use[geogrid.state.use];
    geogrid.stretches.forEach(function (lines, i) { Array.prototype.push.apply(byClass[geogrid.classOfUse(counts[i])], lines); });
    byClass.forEach(function (lines, i) {
      var row = data.style.classes[i];
      if (lines.length) groups.streets.addLayer(L.polyline(lines, path("streets", { color: row.colour, weight: row.weight * width(), opacity: i ? 0.95 : 0.8 })));
    });
  };
  geogrid.drawFindings = function () {
    groups.findings.clearLayers();
    var shown = findings.kind.map(function (_, i) { return i; }).filter(geogrid.isShown);
    // Squares below lines below signs; the worst, which comes first of its kind, on top of the others.
    shown.filter(function (i) { return squares[i]; }).forEach(function (i) {
      groups.findings.addLayer(L.polygon(squares[i], path("top", { color: kindOf(i).colour, weight: 1.4, fillColor: kindOf(i).colour, fillOpacity: 0.28 })));
    });
    data.kinds.forEach(function (kind) {
      var lines = shown.filter(function (i) { return kindOf(i) === kind && !squares[i]; }).reduce(function (all, i) { return all.concat(linesOf(i)); }, []);
      if (lines.length) groups.findings.addLayer(L.polyline(lines, path("top", { color: kind.colour, weight: 3 * width() + 0.6, opacity: 0.9, dashArray: kind.id === "unused" ? "1 5" : null })));
    });
    shown.slice().reverse().forEach(function (i) {
      if (hasSign(i)) groups.findings.addLayer(new Mark(geogrid.marks[i], path("top", { radius: 12, size: signSize(i), symbol: kindOf(i) })));
    });
    geogrid.outline();
  };
  function hasSign(i) { return kindOf(i).id !== "unused" && kindOf(i).id !== "bare"; }
  function signSize(i) { return (map.getZoom() < FAR ? 4.4 : 6.2) + (findings.households[i] ? 0.8 : -0.8); }

  geogrid.outline = function () {
    groups.chosen.clearLayers();
    var chosen = geogrid.state.chosen;
    if (!chosen) return;
    if (chosen.kind === "finding" && squares[chosen.index]) {
      groups.chosen.addLayer(L.polygon(squares[chosen.index], path("top", { color: "#10181f", weight: 3, fill: false })));
      return;
    }
    var lines = chosen.kind === "street" ? linesOfStreet(chosen.index) : linesOf(chosen.index);
    [["#ffffff", 9], ["#10181f", 5]].forEach(function (pair) {
      if (lines.length) groups.chosen.addLayer(L.polyline(lines, path("top", { color: pair[0], weight: pair[1], opacity: 0.85 })));
    });
    if (chosen.kind !== "finding") return;
    if (lines.length) groups.chosen.addLayer(L.polyline(lines, path("top", { color: kindOf(chosen.index).colour, weight: 2.6 })));
    if (hasSign(chosen.index)) groups.chosen.addLayer(new Mark(geogrid.marks[chosen.index], path("top", { radius: 16, size: 10, symbol: kindOf(chosen.index) })));
  };

  // Where things are
  function boundsOf(thing) {
    var box = L.latLngBounds([]);
    var lines = thing.kind === "street" ? linesOfStreet(thing.index) : linesOf(thing.index);
    if (thing.kind === "finding" && squares[thing.index]) return L.polygon(squares[thing.index]).getBounds();
    lines.forEach(function (line) { line.forEach(function (p) { box.extend(p); }); });
    if (thing.kind === "finding") box.extend(geogrid.marks[thing.index]);
    return box;
  }
  function padding() {
    var room = map.getContainer().getBoundingClientRect(), dock = geogrid.byId("dock").getBoundingClientRect();
    if (geogrid.isPhone()) return { paddingTopLeft: [16, 16], paddingBottomRight: [16, Math.min(room.bottom - dock.top, room.height * 0.7) + 16] };
    return { paddingTopLeft: [24, 64], paddingBottomRight: [64, Math.min(room.bottom - geogrid.byId("legend").getBoundingClientRect().top + 14, room.height / 2)] };
  }
  geogrid.zoomTo = function (thing) {
    map.fitBounds(boundsOf(thing), Object.assign({ animate: false, maxZoom: thing.kind === "finding" && hasSign(thing.index) ? 18 : 17 }, padding()));
  };
  // Where the panel stands over the map: move what was touched to the middle of what is left.
  geogrid.reveal = function (thing, place) {
    var size = map.getSize(), left = size.y - padding().paddingBottomRight[1];
    var at = map.latLngToContainerPoint(place);
    if (at.y > left - 20) map.panBy([0, at.y - left / 2], { animate: false });
  };
  geogrid.fit = function () {
    var box = L.latLngBounds([]);
    shapes.grids.forEach(function (shape) { if (shape.length) box.extend(L.polygon(shape).getBounds()); });
    findings.kind.forEach(function (_, i) { if (geogrid.isShown(i)) box.extend(geogrid.marks[i]); });
    if (!box.isValid()) geogrid.stretches.forEach(function (lines) { lines.forEach(function (line) { box.extend(line[0]); }); });
    if (box.isValid()) map.fitBounds(box, Object.assign({ animate: false }, padding()));
  };

  // What is under the pointer: signs, then lines of findings, squares, streets.
  var boxes = {};
  function boxOf(key, lines) {
    if (boxes[key]) return boxes[key];
    var box = [Infinity, Infinity, -Infinity, -Infinity];
    lines.forEach(function (line) {
      line.forEach(function (p) { box = [Math.min(box[0], p[0]), Math.min(box[1], p[1]), Math.max(box[2], p[0]), Math.max(box[3], p[1])]; });
    });
    return (boxes[key] = box);
  }
  function awayFrom(lines, at) {
    var least = Infinity;
    lines.forEach(function (line) {
      for (var i = 1, a = map.latLngToContainerPoint(line[0]); i < line.length; i++) {
        var b = map.latLngToContainerPoint(line[i]);
        least = Math.min(least, L.LineUtil.pointToSegmentDistance(at, a, b));
        a = b;
      }
    });
    return least;
  }
  function nearestLine(count, key, linesOfOne, place, reach) {
    var at = map.latLngToContainerPoint(place);
    var a = map.containerPointToLatLng(at.subtract([reach, -reach])), b = map.containerPointToLatLng(at.add([reach, -reach]));
    var best = -1, least = reach;
    for (var i = 0; i < count; i++) {
      var box = boxOf(key + i, linesOfOne(i));
      if (box[0] > b.lat || box[2] < a.lat || box[1] > b.lng || box[3] < a.lng) continue;
      var away = awayFrom(linesOfOne(i), at);
      if (away < least) {
        least = away;
        best = i;
      }
    }
    return best;
  }
  function signAt(place, reach) {
    var at = map.latLngToContainerPoint(place), best = -1;
    geogrid.marks.forEach(function (mark, i) {
      if (!geogrid.isShown(i) || !hasSign(i)) return;
      var away = map.latLngToContainerPoint(mark).distanceTo(at);
      if (away < reach) {
        reach = away;
        best = i;
      }
    });
    return best;
  }
  var none = [];
  geogrid.thingAt = function (place, reach) {
    var found = signAt(place, reach + 4);
    if (found < 0) found = nearestLine(findings.kind.length, "f", function (i) { return geogrid.isShown(i) ? linesOf(i) : none; }, place, reach);
    if (found >= 0) return { kind: "finding", index: found };
    var square = Object.keys(squares).find(function (i) { return geogrid.isShown(i) && geogrid.inside(squares[i], place); });
    var street = nearestLine(geogrid.stretches.length, "s", function (i) { return geogrid.stretches[i]; }, place, reach);
    if (street >= 0) return { kind: "street", index: streets.street[street], stretch: street };
    return square === undefined ? null : { kind: "finding", index: Number(square) };
  };
  geogrid.forgetShown = function () {
    Object.keys(boxes).forEach(function (key) { if (key[0] === "f") delete boxes[key]; });
  };

  geogrid.makeMap = function () {
    map = L.map("streets", { zoomControl: false, attributionControl: false, zoomSnap: 0.1, zoomDelta: 0.75, minZoom: 7, maxZoom: 20, wheelPxPerZoomLevel: 90 });
    map.setView([0, 0], 8);
    ["ground", "streets", "top"].forEach(function (name, i) {
      map.createPane(name).style.zIndex = 400 + 10 * i;
      canvases[name] = L.canvas({ pane: name, padding: 0.2 });
    });
    shapes.grids.forEach(function (shape) {
      L.polygon(shape, path("ground", { color: "#8b95a0", weight: 0.9, opacity: 0.75, fill: true, fillColor: "#ffffff", fillOpacity: 0.5, smoothFactor: 0 })).addTo(map);
    });
    ["streets", "findings", "chosen"].forEach(function (name) { groups[name] = L.layerGroup().addTo(map); });
    places.forEach(function (place) {
      L.circleMarker(place, path("streets", { radius: 3.6, color: "#ffffff", weight: 1.4, fillColor: "#33424d", fillOpacity: 1 })).addTo(map);
    });
    var last = width();
    map.on("zoomend", function () {
      if (width() === last) return;
      last = width();
      geogrid.drawStreets();
      geogrid.drawFindings();
    });
    return (geogrid.leaflet = map);
  };
  geogrid.facilityAt = function (place, reach) {
    var at = map.latLngToContainerPoint(place), best = -1;
    places.forEach(function (p, i) {
      var away = map.latLngToContainerPoint(p).distanceTo(at);
      if (away < reach) {
        reach = away;
        best = i;
      }
    });
    return best;
  };
})();
