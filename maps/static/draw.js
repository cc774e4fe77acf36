// The layers of the map, on three canvases; what is under the pointer is found here, not by the canvases.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var data = geogrid.data;
  var lines = data.style.lines;
  var layers = data.layers;
  var shapes = geogrid.shapes;

  geogrid.map = function (id) {
    var map = L.map(id, { zoomControl: false, attributionControl: false, zoomSnap: 0.1, zoomDelta: 0.75, minZoom: 7, maxZoom: 19, wheelPxPerZoomLevel: 90 });
    map.setView([0, 0], 8);
    geogrid.leaflet = map;
    if (geogrid.addBasemap) geogrid.addBasemap(map);
    geogrid.canvases = {};
    ["fill", "streets", "top"].forEach(function (name, i) {
      map.createPane(name).style.zIndex = 400 + 10 * i;
      geogrid.canvases[name] = L.canvas({ pane: name, padding: 0.2 });
    });
    return map;
  };

  function path(kind, canvas, more) {
    return Object.assign({ interactive: false, renderer: geogrid.canvases[canvas], smoothFactor: 0.4 }, lines[kind], more);
  }

  var Facility = L.CircleMarker.extend({
    _updatePath: function () {
      var renderer = this._renderer;
      if (!renderer._drawing || this._empty()) return;
      var options = this.options;
      var middle = (options.symbols.length - 1) / 2;
      options.symbols.forEach(function (symbol, i) {
        geogrid.paintSymbol(renderer._ctx, this._point.x + (i - middle) * options.size * 2.1, this._point.y, options.size, symbol, options.hollow);
      }, this);
    },
  });

  // Far out, where grids are small on screen, borders are thin and symbols small: 0 near, 1, 2 far.
  var SMALL_GRID = [110, 40], SYMBOL = [6.8, 5.2, 4], BORDER = [1, 0.8, 0.35], STREET = [1.7, 1.2, 1];
  function farness() {
    var map = geogrid.leaflet, across = [];
    for (var i = 0; i < shapes.grids.length; i += Math.ceil(shapes.grids.length / 25)) {
      if (!shapes.grids[i].length) continue;
      var box = boxOf("grids", i);
      across.push(map.latLngToContainerPoint([box[0], box[3]]).distanceTo(map.latLngToContainerPoint([box[2], box[1]])));
    }
    across.sort(function (a, b) { return a - b; });
    var middle = across[across.length >> 1];
    return SMALL_GRID.filter(function (size) { return middle < size; }).length;
  }
  geogrid.watchScale = function (map) {
    geogrid.far = farness();
    map.on("zoomend", function () {
      if (geogrid.far === farness()) return;
      geogrid.far = farness();
      ["grids", "streets", "areas", "facilities"].forEach(function (key) { if (geogrid.groups[key]) geogrid.groups[key].restyle(); });
    });
  };

  // One maker per layer; each returns a Leaflet layer group with a method restyle().
  var makers = {
    grids: function () {
      var hatching = geogrid.hatching();
      var drawn = shapes.grids.map(function (shape) {
        return L.polygon(shape, path("grid", "fill", { smoothFactor: 0, fill: true }));
      });
      var group = L.layerGroup(drawn);
      group.restyle = function () {
        drawn.forEach(function (polygon, i) {
          var share = geogrid.shareOf(i);
          var colour = share === null ? hatching : data.style.classes[geogrid.classOf(share)].colour;
          polygon.setStyle({ fillColor: colour, weight: lines.grid.weight * BORDER[geogrid.far] });
        });
      };
      return group;
    },
    streets: function () {
      var kinds = ["path", "minor", "major"].filter(function (kind) { return layers.streets[kind]; });
      var group = L.featureGroup(kinds.map(function (kind) {
        return L.polyline(geogrid.lines(layers.streets[kind]), path(data.style.streets[kind], "streets", { smoothFactor: 1 }));
      }));
      group.restyle = function () {
        group.getLayers().forEach(function (line, k) { line.setStyle({ weight: lines[data.style.streets[kinds[k]]].weight * STREET[geogrid.far] }); });
      };
      return group;
    },
    areas: function () {
      var order = shapes.areas.map(function (_, i) { return i; });
      order.sort(function (a, b) { return layers.areas.depth[b] - layers.areas.depth[a]; });
      var group = L.featureGroup(order.map(function (i) {
        return L.polygon(shapes.areas[i], path(kindOf(i), "streets", { smoothFactor: 0 }));
      }));
      function kindOf(i) { return layers.areas.depth[i] ? "area" : "area_top"; }
      group.restyle = function () {
        group.getLayers().forEach(function (border, k) { border.setStyle({ weight: lines[kindOf(order[k])].weight * Math.sqrt(BORDER[geogrid.far]) }); });
      };
      return group;
    },
    gaps: function () {
      var group = L.layerGroup();
      group.restyle = function () {
        group.clearLayers();
        // As one path, so that gaps of several services in one place are no darker than one.
        var all = geogrid.gapsShown().reduce(function (polygons, i) { return polygons.concat(shapes.gaps[i]); }, []);
        if (all.length) group.addLayer(L.polygon(all, path("gap", "top", { smoothFactor: 0, fill: true, fillRule: "nonzero" })));
      };
      return group;
    },
    defects: function () {
      var warning = { shape: "triangle", colour: lines.defect.color };
      var group = L.layerGroup();
      // Drawn anew with its neighbours, to keep its place among them.
      group.restyle = function () {
        group.clearLayers();
        // All signs after all shapes, or a neighbour's shape would cover them.
        shapes.defects.forEach(function (shape) { group.addLayer(L.polygon(shape, path("defect", "top", { smoothFactor: 0, fill: true }))); });
        geogrid.defectPoints.forEach(function (_, i) {
          group.addLayer(new Facility(geogrid.defectPoints[i], path("defect", "top", { radius: 10, size: 7, symbols: [warning], hollow: false })));
        });
      };
      return group;
    },
    radii: function () {
      var group = L.layerGroup();
      group.restyle = function () {
        group.clearLayers();
        layers.radii.radius.forEach(function (metres, i) {
          var facility = layers.radii.facility[i];
          if (!geogrid.serviceChosen(layers.radii.service[i]) || !geogrid.counts(facility)) return;
          // Fills of every service's circles, one over another, would only darken the map.
          group.addLayer(L.circle(geogrid.facilityPoints[facility], path("radius", "top", { radius: metres, fill: geogrid.state.service !== "all" })));
        });
      };
      return group;
    },
    facilities: function () {
      var group = L.layerGroup();
      group.restyle = function () {
        group.clearLayers();
        geogrid.facilitiesShown().forEach(function (shown) {
          var symbols = shown.services.map(function (s) { return data.services[s]; });
          // The radius tells Leaflet how much to repaint: room for all symbols side by side.
          var options = { radius: 10 * symbols.length, size: SYMBOL[geogrid.far], symbols: symbols, hollow: geogrid.isPlanned(shown.facility) };
          group.addLayer(new Facility(geogrid.facilityPoints[shown.facility], path("grid", "top", options)));
        });
      };
      return group;
    },
    labels: function (map) {
      return geogrid.labelLayer(map);
    },
  };

  geogrid.groups = {};
  geogrid.layer = function (map, key) {
    geogrid.groups[key] = makers[key](map);
    return geogrid.groups[key];
  };

  // Layers on the upper canvas are painted in the order in which they were added: put them back in order.
  var ORDER = ["grids", "streets", "areas", "radii", "gaps", "defects", "facilities", "labels"];
  var UPPER = ORDER.slice(3, 7);

  geogrid.show = function (visible) {
    var map = geogrid.leaflet;
    UPPER.concat(visible.grids ? [] : ["grids"]).forEach(function (key) {
      if (geogrid.groups[key]) geogrid.groups[key].remove();
    });
    ORDER.forEach(function (key) {
      var group = geogrid.groups[key];
      if (!group) return;
      if (visible[key] && !map.hasLayer(group)) map.addLayer(group);
      if (!visible[key] && map.hasLayer(group)) group.remove();
    });
    geogrid.outline();
  };

  geogrid.restyle = function () {
    ORDER.forEach(function (key) {
      if (geogrid.groups[key] && geogrid.groups[key].restyle) geogrid.groups[key].restyle();
    });
    geogrid.outline();
  };

  // Outlines of the grid under the pointer and of what is chosen.
  var outlines = {};
  function outline(kind, shape) {
    if (outlines[kind]) outlines[kind].remove();
    outlines[kind] = shape ? L.polygon(shape, path(kind, "top", { smoothFactor: 0 })).addTo(geogrid.leaflet) : null;
  }
  geogrid.outline = function () {
    var chosen = geogrid.state.chosen;
    ["grid_halo", "grid_chosen"].forEach(function (kind) { outline(kind, chosen ? shapes[chosen.kind][chosen.index] : null); });
  };
  geogrid.hover = function (kind, index) {
    outline("grid_hover", index === null ? null : shapes[kind][index]);
  };

  geogrid.boundsOf = function (kind, index) {
    return kind === "facilities" ? L.latLngBounds([geogrid.facilityPoints[index]]) : L.polygon(shapes[kind][index]).getBounds();
  };

  // What is at a place: ray casting, after a look at the bounds.
  var boxes = {};
  function boxOf(kind, index) {
    var known = (boxes[kind] = boxes[kind] || []);
    if (known[index]) return known[index];
    var box = [Infinity, Infinity, -Infinity, -Infinity];
    shapes[kind][index].forEach(function (polygon) {
      polygon[0].forEach(function (p) {
        box = [Math.min(box[0], p[0]), Math.min(box[1], p[1]), Math.max(box[2], p[0]), Math.max(box[3], p[1])];
      });
    });
    return (known[index] = box);
  }
  geogrid.holds = function (kind, index, place) {
    var box = boxOf(kind, index);
    return place.lat >= box[0] && place.lat <= box[2] && place.lng >= box[1] && place.lng <= box[3] && geogrid.inside(shapes[kind][index], place);
  };
  geogrid.gridAt = function (place) {
    for (var i = 0; i < shapes.grids.length; i++) if (geogrid.holds("grids", i, place)) return i;
    return null;
  };

  function nearestPoint(candidates, pointOf, at, reach) {
    var best = null, least = reach;
    candidates.forEach(function (candidate) {
      var away = geogrid.leaflet.latLngToContainerPoint(pointOf(candidate)).distanceTo(at);
      if (away <= least) {
        least = away;
        best = candidate;
      }
    });
    return best;
  }

  // The uppermost thing at a place: {kind, index}, or null.
  geogrid.thingAt = function (place, reach) {
    var visible = geogrid.state.layers;
    var at = geogrid.leaflet.latLngToContainerPoint(place);
    if (visible.facilities) {
      var found = nearestPoint(geogrid.facilitiesShown(), function (shown) { return geogrid.facilityPoints[shown.facility]; }, at, reach);
      if (found) return { kind: "facilities", index: found.facility };
    }
    if (visible.defects) {
      var defect = nearestPoint(layers.defects.kind.map(function (_, i) { return i; }), function (i) { return geogrid.defectPoints[i]; }, at, reach);
      if (defect !== null) return { kind: "defects", index: defect };
    }
    var gap = visible.gaps ? geogrid.gapsShown().find(function (i) { return geogrid.holds("gaps", i, place); }) : undefined;
    if (gap !== undefined) return { kind: "gaps", index: gap };
    var flaw = visible.defects ? shapes.defects.findIndex(function (_, i) { return geogrid.holds("defects", i, place); }) : -1;
    if (flaw >= 0) return { kind: "defects", index: flaw };
    var grid = visible.grids ? geogrid.gridAt(place) : null;
    return grid === null ? null : { kind: "grids", index: grid };
  };
})();
