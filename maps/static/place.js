// The map of a place's themes: what is shown of the chosen theme and time, how it is drawn, and what lies under the pointer.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var data = geogrid.data, shapes = geogrid.shapes, lines = data.style.lines;
  var t = geogrid.t;
  var CHANGES = Object.keys(data.style.changes), CHANGED = "changes";
  var SIGNS = ["circle", "square", "diamond", "hexagon", "pentagon"], WORST = "triangle";
  var MARKS = { rose: { shape: "triangle", colour: "#123f70" }, fell: { shape: "wedge", colour: "#7d2a04" } };
  var SMALL = [90, 30], BORDER = [1.1, 0.7, 0.3], MARK_ROOM = 16, MARK = 4.6, TINY = 13, MANY_TINY = 300;
  var LARGE_AREAS = 60;
  var canvases = {}, groups = {}, map;
  var state = (geogrid.state = { theme: data.first[0], time: 0, from: 0, to: 0, off: {}, tab: "themes", all: false, open: false, chosen: null });
  geogrid.CHANGED = CHANGED;

  // What is shown
  geogrid.theme = function () { return data.themes[state.theme]; };
  geogrid.isChanges = function () { return state.time === CHANGED; };
  var forgetting = [];
  function cached(make) {
    var known = {};
    forgetting.push(function () { known = {}; });
    return function () {
      var key = Array.prototype.join.call(arguments, "/");
      if (!(key in known)) known[key] = make.apply(null, arguments);
      return known[key];
    };
  }
  // A theme at one time, or from one time to another: classes, the class of each feature (-1: not drawn), and how many are in each.
  var timeView = cached(function (index, time) {
    var theme = data.themes[index];
    return counted({
      key: index + "/" + time,
      classes: theme.classes.map(function (row, k) { return Object.assign({ sign: k && k === worst(theme) ? WORST : SIGNS[k % SIGNS.length] }, row); }),
      of: theme.class[time],
      worst: worst(theme),
    });
  });
  var changeView = cached(function (index, from, to) {
    var theme = data.themes[index];
    var of = theme.ids.map(function (_, i) { return CHANGES.indexOf(changeOf(theme, theme.class[from][i], theme.class[to][i])); });
    return counted({
      key: index + "/changes/" + from + "/" + to,
      classes: CHANGES.map(function (key) {
        return { key: key, name: data.style.text[key], colour: data.style.changes[key], hatched: key === "unclear" || key === "gone", mark: MARKS[key], sign: (MARKS[key] || { shape: "circle" }).shape };
      }),
      of: of,
      worst: CHANGES.indexOf("fell"),
    });
  });
  function counted(view) {
    view.counts = view.classes.map(function () { return 0; });
    view.of.forEach(function (k) { if (k >= 0) view.counts[k]++; });
    view.total = view.counts.reduce(function (sum, n, k) { return view.classes[k].beside ? sum : sum + n; }, 0);
    return view;
  }
  // The last class that is not hatched.
  function worst(theme) {
    return theme.classes.reduce(function (last, row, k) { return row.hatched ? last : k; }, -1);
  }
  function changeOf(theme, a, b) {
    if (a < 0 && b < 0) return "";
    if (a < 0) return "new";
    if (b < 0) return "gone";
    if (a === b) return "same";
    if (theme.classes[a].hatched || theme.classes[b].hatched) return "unclear";
    return b < a ? "rose" : "fell";
  }
  geogrid.view = function () {
    return geogrid.isChanges() ? changeView(state.theme, state.from, state.to) : timeView(state.theme, state.time);
  };
  geogrid.timeView = timeView;
  geogrid.isOn = function (k) { return !(state.off[geogrid.view().key] || {})[k]; };
  function shown(i) {
    var k = geogrid.view().of[i];
    return k >= 0 && geogrid.isOn(k);
  }
  geogrid.isShown = shown;

  // Geometry of a set: polygons by layer, lines and points by feature.
  var parts = cached(function (key) {
    var set = data.sets[key];
    return {
      polygons: shapes[key],
      lines: grouped(set.lines ? geogrid.lines(set.lines) : [], set.lineParts),
      points: grouped(set.points ? geogrid.points(set.points) : [], set.pointParts),
    };
  });
  function grouped(all, counts) {
    var at = 0;
    return (counts || []).map(function (n) { return all.slice(at, (at += n)); });
  }
  function of(key, kind, i) { return parts(key)[kind][i] || []; }
  geogrid.partsOf = function (kind, i) { return of(geogrid.theme().set, kind, i); };
  // What a theme is made of mostly: its legend shows signs, lines or areas.
  geogrid.kindOf = function (index) {
    var set = data.sets[data.themes[index].set];
    return set.points ? "points" : set.lines ? "lines" : "polygons";
  };
  var boxes = {};
  function boxOf(key, i) {
    var known = (boxes[key] = boxes[key] || []);
    if (known[i]) return known[i];
    var box = [Infinity, Infinity, -Infinity, -Infinity];
    function add(p) { box = [Math.min(box[0], p[0]), Math.min(box[1], p[1]), Math.max(box[2], p[0]), Math.max(box[3], p[1])]; }
    of(key, "polygons", i).forEach(function (polygon) { polygon[0].forEach(add); });
    of(key, "lines", i).forEach(function (line) { line.forEach(add); });
    of(key, "points", i).forEach(add);
    return (known[i] = box);
  }
  function bounds(key, i) {
    var box = boxOf(key, i);
    return box[0] <= box[2] ? L.latLngBounds([box[0], box[1]], [box[2], box[3]]) : null;
  }
  geogrid.boundsOf = function (i) { return bounds(geogrid.theme().set, i); };
  geogrid.holds = function (key, i, place) {
    var box = boxOf(key, i);
    return place.lat >= box[0] && place.lat <= box[2] && place.lng >= box[1] && place.lng <= box[3] && geogrid.inside(shapes[key][i], place);
  };
  function size(key, i) {
    var box = boxOf(key, i);
    return box[0] <= box[2] ? (box[2] - box[0]) * (box[3] - box[1]) : 0;
  }
  // The largest first, so that a small grid lies on the large one that holds it.
  var order = cached(function (key) {
    return shapes[key].map(function (_, i) { return i; }).filter(function (i) { return shapes[key][i].length; })
      .sort(function (a, b) { return size(key, b) - size(key, a) || a - b; });
  });
  // Where a feature's sign and tooltip stand.
  geogrid.placeOf = function (i) {
    var key = geogrid.theme().set;
    if (of(key, "points", i).length) return L.latLng(of(key, "points", i)[0]);
    if (of(key, "polygons", i).length) return geogrid.within(key, i);
    var longest = of(key, "lines", i).reduce(function (best, line) { return !best || line.length > best.length ? line : best; }, null);
    if (!longest) return null;
    var middle = (longest.length - 1) / 2, a = longest[Math.floor(middle)], b = longest[Math.ceil(middle)];
    return L.latLng((a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
  };

  // Drawing
  function path(canvas, more) { return Object.assign({ interactive: false, smoothFactor: 0.6, renderer: canvases[canvas] }, more); }
  var Mark = L.CircleMarker.extend({
    _updatePath: function () {
      var options = this.options;
      if (this._renderer._drawing && !this._empty()) geogrid.paintSymbol(this._renderer._ctx, this._point.x, this._point.y, options.size, options.symbol, options.hollow);
    },
  });
  function light(colour) {
    var n = parseInt(colour.slice(1), 16);
    return (0.3 * (n >> 16) + 0.59 * ((n >> 8) & 255) + 0.11 * (n & 255)) > 120;
  }
  function darker(colour, share) {
    return "#" + [1, 3, 5].map(function (at) { return ("0" + Math.round(parseInt(colour.slice(at, at + 2), 16) * share).toString(16)).slice(-2); }).join("");
  }
  // Quiet on pale colours: what is withheld or not known is not what matters.
  geogrid.stripe = function (colour) { return light(colour) ? darker(colour, 0.62) : "#ffffff"; };
  // Of lines and hollow signs, which pale colours would lose on the land.
  geogrid.inkOf = function (row) { return row.hatched && light(row.colour) ? darker(row.colour, 0.68) : row.colour; };
  var hatching = cached(function (colour) {
    var side = 7, tile = document.createElement("canvas"), context = tile.getContext("2d");
    tile.width = tile.height = side;
    context.fillStyle = colour;
    context.fillRect(0, 0, side, side);
    context.strokeStyle = geogrid.stripe(colour);
    context.lineWidth = 1.4;
    [-side, 0, side].forEach(function (shift) {
      context.beginPath();
      context.moveTo(shift - 1, side + 1);
      context.lineTo(shift + side + 1, -1);
      context.stroke();
    });
    return context.createPattern(tile, "repeat");
  });
  geogrid.orderOf = order;
  function middle() {
    var key = geogrid.theme().set, all = order(key), across = [];
    for (var k = 0; k < all.length; k += Math.ceil(all.length / 25)) across.push(wide(key, all[k]));
    across.sort(function (a, b) { return a - b; });
    return across.length ? across[across.length >> 1] : Infinity;
  }
  function farness() {
    var size = middle();
    return SMALL.filter(function (least) { return size < least; }).length;
  }
  function wide(key, i) {
    var box = boxOf(key, i);
    return map.latLngToContainerPoint([box[0], box[1]]).distanceTo(map.latLngToContainerPoint([box[2], box[3]]));
  }
  // Each set of polygons is made once and only coloured anew.
  var fills = cached(function (key) {
    return order(key).map(function (i) {
      var polygon = L.polygon(shapes[key][i], path("fill", { smoothFactor: 0, fill: true, color: "#ffffff", opacity: 0.95 }));
      polygon.feature = i;
      return polygon;
    });
  });
  function drawPolygons() {
    var key = geogrid.theme().set, view = geogrid.view(), weight = BORDER[farness()], edge = data.embed ? lines.grid.color : "#ffffff";
    if (groups.key !== key) {
      groups.polygons.clearLayers();
      fills(key).forEach(function (polygon) { groups.polygons.addLayer(polygon); });
      groups.key = key;
    }
    fills(key).forEach(function (polygon) {
      var k = view.of[polygon.feature], row = view.classes[k];
      var drawn = row && geogrid.isOn(k);
      polygon.setStyle({
        fillColor: drawn ? (row.hatched ? hatching(row.colour) : row.colour) : "#ffffff",
        fillOpacity: drawn ? 0.88 : 0.35,
        color: drawn ? edge : "#b9bfc4",
        weight: drawn ? weight : 0.7 * weight,
      });
    });
  }
  function drawLines() {
    groups.lines.clearLayers();
    var view = geogrid.view(), near = map.getZoom() >= 15 ? 1.35 : map.getZoom() < 13 ? 0.75 : 1;
    ranked(view).forEach(function (k) {
      var found = featuresIn(view, k).reduce(function (all, i) { return all.concat(geogrid.partsOf("lines", i)); }, []);
      if (!found.length || !geogrid.isOn(k)) return;
      var row = view.classes[k], thick = (k === view.worst ? 4 : 2.6) * near;
      groups.lines.addLayer(L.polyline(found, path("lines", { color: "#ffffff", weight: thick + 2, opacity: 0.7 })));
      groups.lines.addLayer(L.polyline(found, path("lines", { color: geogrid.inkOf(row), weight: thick, opacity: 1, dashArray: row.hatched ? "6 6" : null })));
    });
  }
  // The worst on top of all others, what is hatched below.
  function ranked(view) {
    return view.classes.map(function (_, k) { return k; }).sort(function (a, b) { return rankOf(view, a) - rankOf(view, b); });
  }
  geogrid.ranked = ranked;
  function rankOf(view, k) { return k === view.worst ? 100 : view.classes[k].hatched ? -1 : k; }
  function featuresIn(view, k) {
    var found = [];
    view.of.forEach(function (each, i) { if (each === k) found.push(i); });
    return found;
  }
  geogrid.featuresIn = featuresIn;
  function pointSize() {
    var many = parts(geogrid.theme().set).points.length, zoom = map.getZoom();
    return (many > 1500 ? 3 : many > 400 ? 4 : 5.4) * (zoom >= 15 ? 1.4 : zoom < 11 ? 0.85 : 1);
  }
  function drawPoints() {
    groups.points.clearLayers();
    var view = geogrid.view(), base = pointSize(), room = middle();
    ranked(view).forEach(function (k) {
      var row = view.classes[k], grown = base * (k === view.worst ? 1.3 : 1);
      if (!geogrid.isOn(k)) return;
      featuresIn(view, k).forEach(function (i) {
        geogrid.partsOf("points", i).forEach(function (p) {
          groups.points.addLayer(new Mark(p, path("top", { radius: grown + 6, size: grown, symbol: { shape: row.sign, colour: geogrid.inkOf(row) }, hollow: row.hatched, matters: k === view.worst })));
        });
        if (row.mark && room >= MARK_ROOM && !geogrid.partsOf("points", i).length) mark(i, row.mark, Math.min(MARK, room / 6));
      });
    });
    tiny().forEach(function (i) { mark(i, { shape: WORST, colour: geogrid.inkOf(view.classes[view.worst]) }, 6.5); });
  }
  // Of the worst class, what is to be acted on and too small to be seen.
  function tiny() {
    var view = geogrid.view(), theme = geogrid.theme();
    if (geogrid.isChanges() || view.worst < 0 || !geogrid.isOn(view.worst)) return [];
    var found = featuresIn(view, view.worst).filter(function (i) {
      return theme.advice[state.time][i] >= 0 && !geogrid.partsOf("points", i).length && wide(theme.set, i) < TINY;
    });
    return found.length > MANY_TINY ? [] : found;
  }
  // Who rose and who fell, told apart without colour where there is room for it.
  geogrid.hasRoom = function (i) { return !geogrid.partsOf("polygons", i).length || middle() >= MARK_ROOM; };
  function mark(i, symbol, size) {
    if (geogrid.placeOf(i)) groups.points.addLayer(new Mark(geogrid.placeOf(i), path("top", { radius: 10, size: size, symbol: symbol, hollow: false, matters: true })));
  }
  function drawBorders() {
    groups.borders.clearLayers();
    var theme = geogrid.theme(), under = theme.background, alone = !shapes[theme.set].some(function (shape) { return shape.length; });
    if (!under) return;
    var fine = under.names.length > LARGE_AREAS;
    order(under.set).forEach(function (i) {
      var style = alone
        ? { color: "#98a1a8", weight: fine ? 0.8 : 1.2, opacity: 0.9, fill: true, fillColor: "#ffffff", fillOpacity: 0.7 }
        : { color: data.embed ? lines.area.color : "#28323a", weight: fine ? 0.9 : 1.5, opacity: 0.8, fill: false };
      groups.borders.addLayer(L.polygon(shapes[under.set][i], path(alone ? "ground" : "borders", Object.assign({ smoothFactor: 0 }, style))));
    });
  }
  // Names: the areas behind first, then the largest features; both keep clear of the signs that matter most.
  geogrid.labelsOf = function () {
    var theme = geogrid.theme(), under = theme.background;
    var areas = under ? order(under.set).map(function (i) {
      return { style: { size: 13, weight: 600, kind: under.set, isArea: under.names.length <= LARGE_AREAS, look: "areas" }, index: i, text: under.names[i] };
    }) : [];
    var named = new Set(under ? under.names : []);
    var own = under && under.set === theme.set ? [] : order(theme.set).map(function (i) {
      return { style: { size: 11, weight: 400, kind: theme.set, look: "own" }, index: i, text: named.has(theme.names[i]) ? "" : theme.names[i] };
    });
    return areas.concat(own).filter(function (label) { return label.text; });
  };
  function drawNames() {
    if (groups.named === state.theme) return groups.names.restyle();
    if (groups.names) groups.names.remove();
    groups.named = state.theme;
    groups.names = geogrid.labelLayer(map, geogrid.labelsOf(), "names", obstacles).addTo(map);
  }
  function obstacles() {
    return groups.points.getLayers().filter(function (sign) { return sign.options.matters; }).map(function (sign) {
      var at = map.latLngToContainerPoint(sign.getLatLng()), r = sign.options.size + 1;
      return [at.x - r, at.y - r, at.x + r, at.y + r];
    });
  }
  geogrid.draw = function () {
    drawPolygons();
    drawLines();
    drawPoints();
    drawBorders();
    drawNames();
    geogrid.outline();
  };
  // Widths and signs change by steps only: between them a zoom leaves all as it is.
  var scale = "";
  function redrawFar() {
    var now = [farness(), pointSize(), map.getZoom() >= 15, map.getZoom() < 13, tiny().join(), Boolean(geogrid.isChanges()) && map.getZoom()].join("/");
    if (now === scale) return;
    scale = now;
    drawPolygons();
    drawLines();
    drawPoints();
    geogrid.outline();
  }
  geogrid.outline = function () {
    groups.chosen.clearLayers();
    var i = state.chosen;
    if (i === null) return;
    [["#ffffff", 6.5], ["#10181f", 3.2]].forEach(function (pair) {
      geogrid.partsOf("polygons", i).forEach(function (polygon) { groups.chosen.addLayer(L.polygon(polygon, path("top", { smoothFactor: 0, color: pair[0], weight: pair[1], fill: false }))); });
      geogrid.partsOf("lines", i).forEach(function (line) { groups.chosen.addLayer(L.polyline(line, path("top", { color: pair[0], weight: pair[1] + 3 }))); });
      geogrid.partsOf("points", i).forEach(function (p) { groups.chosen.addLayer(L.circleMarker(p, path("top", { radius: pointSize() + 6, color: pair[0], weight: pair[1], fill: false }))); });
    });
    var k = geogrid.view().of[i], row = geogrid.view().classes[k];
    if (row) geogrid.partsOf("lines", i).forEach(function (line) { groups.chosen.addLayer(L.polyline(line, path("top", { color: geogrid.inkOf(row), weight: 3, dashArray: row.hatched ? "6 6" : null }))); });
  };

  // Where things are
  geogrid.extent = box;
  function box() {
    var theme = geogrid.theme(), found = L.latLngBounds([]);
    [theme.set].concat(theme.background ? [theme.background.set] : []).forEach(function (key) {
      (shapes[key] || []).forEach(function (_, i) {
        var one = bounds(key, i);
        if (one) found.extend(one);
      });
    });
    return found;
  }
  // Beside the legend or above it, whichever shows the place larger.
  function paddings() {
    var room = map.getContainer().getBoundingClientRect(), dock = geogrid.byId("dock").getBoundingClientRect();
    if (geogrid.isPhone()) return [{ paddingTopLeft: [12, 12], paddingBottomRight: [12, Math.min(room.bottom - dock.top, room.height * 0.7) + 10] }];
    var legend = geogrid.byId("legend").getBoundingClientRect();
    var top = geogrid.theme().times.length > 1 ? 60 : 20;
    // A panel that opens over the map covers its right side.
    var right = document.body.classList.contains("open") ? geogrid.byId("panel").offsetWidth + 74 : 64;
    return [
      { paddingTopLeft: [Math.min(legend.right - room.left + 12, room.width / 2), top], paddingBottomRight: [right, 24] },
      { paddingTopLeft: [20, top], paddingBottomRight: [right, Math.min(room.bottom - legend.top + 12, room.height / 2)] },
    ];
  }
  function fitTo(target, most) {
    var best = paddings().map(function (padding) {
      var total = L.point(padding.paddingTopLeft).add(padding.paddingBottomRight);
      return { padding: padding, zoom: map.getBoundsZoom(target, false, total) };
    }).sort(function (a, b) { return b.zoom - a.zoom; })[0];
    map.fitBounds(target, Object.assign({ animate: false, maxZoom: most }, best.padding));
  }
  geogrid.fit = function () {
    var target = box();
    if (target.isValid()) fitTo(target, 17);
  };
  geogrid.zoomTo = function (i) {
    var target = geogrid.boundsOf(i);
    if (!target) return;
    var point = !geogrid.partsOf("polygons", i).length && !geogrid.partsOf("lines", i).length;
    fitTo(point ? target : target.pad(1.2), point ? Math.max(15, map.getZoom()) : 17);
  };
  geogrid.fitIfAway = function () {
    var target = box();
    if (target.isValid() && !map.getBounds().intersects(target)) geogrid.fit();
  };
  // Where the panel stands over the map: move what was touched to the middle of what is left.
  geogrid.reveal = function (place) {
    var left = map.getSize().y - paddings()[0].paddingBottomRight[1], at = map.latLngToContainerPoint(place);
    if (at.y > left - 20) map.panBy([0, at.y - left / 2], { animate: false });
  };

  // What is under the pointer: points, then lines, then the smallest polygon.
  function nearest(kind, place, reach, away) {
    var at = map.latLngToContainerPoint(place), best = null, least = reach;
    var a = map.containerPointToLatLng(at.subtract([reach, -reach])), b = map.containerPointToLatLng(at.add([reach, -reach]));
    var key = geogrid.theme().set;
    parts(key)[kind].forEach(function (found, i) {
      if (!found.length || !shown(i)) return;
      var near = boxOf(key, i);
      if (near[0] > b.lat || near[2] < a.lat || near[1] > b.lng || near[3] < a.lng) return;
      var far = Math.min.apply(null, found.map(function (part) { return away(part, at); }));
      if (far < least) {
        least = far;
        best = i;
      }
    });
    return best;
  }
  function fromPoint(p, at) { return map.latLngToContainerPoint(p).distanceTo(at); }
  function fromLine(line, at) {
    var least = Infinity;
    for (var k = 1, a = map.latLngToContainerPoint(line[0]); k < line.length; k++) {
      var b = map.latLngToContainerPoint(line[k]);
      least = Math.min(least, L.LineUtil.pointToSegmentDistance(at, a, b));
      a = b;
    }
    return least;
  }
  geogrid.featureAt = function (place, reach) {
    var found = nearest("points", place, reach + 3, fromPoint);
    if (found === null) found = nearest("lines", place, reach, fromLine);
    if (found !== null) return found;
    var key = geogrid.theme().set, all = order(key);
    for (var k = all.length - 1; k >= 0; k--) if (shown(all[k]) && geogrid.holds(key, all[k], place)) return all[k];
    return null;
  };

  // Other borders, streets and texts have come: all that was made of the first ones is made again.
  geogrid.drawAnew = function () {
    forgetting.forEach(function (forget) { forget(); });
    boxes = {};
    groups.key = groups.named = null;
    groups.streets.clearLayers();
    drawStreets();
    geogrid.draw();
  };
  function drawStreets() {
    ["path", "minor", "major"].filter(function (kind) { return data.layers.streets[kind]; }).forEach(function (kind) {
      var style = lines[data.style.streets[kind]];
      groups.streets.addLayer(L.polyline(geogrid.lines(data.layers.streets[kind]), path("streets", Object.assign({}, style, { opacity: style.opacity * 0.7, smoothFactor: 1 }))));
    });
  }

  geogrid.makeMap = function () {
    map = geogrid.leaflet = L.map("place", { zoomControl: false, attributionControl: false, zoomSnap: 0.1, zoomDelta: 0.75, minZoom: 5, maxZoom: 19, wheelPxPerZoomLevel: 90 });
    map.setView([0, 0], 8);
    ["ground", "fill", "streets", "borders", "lines", "top"].forEach(function (name, i) {
      map.createPane(name).style.zIndex = 400 + 10 * i;
      canvases[name] = L.canvas({ pane: name, padding: 0.2 });
    });
    map.createPane("names").style.zIndex = 640;
    ["borders", "polygons", "streets", "lines", "points", "chosen"].forEach(function (name) { groups[name] = L.layerGroup().addTo(map); });
    drawStreets();
    map.on("zoomend", redrawFar);
    return map;
  };
})();
