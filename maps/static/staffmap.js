// The staff's map: the layers that the service sends, every household as a dot, and the ways of the one that is looked at.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var style = geogrid.data.style;
  var MICRO = 1e6;
  var map, canvases = {}, groups = {}, dots = null, ways = null;

  geogrid.startMap = function () {
    if (map) return map;
    map = geogrid.leaflet = L.map("map", { zoomControl: false, attributionControl: false, zoomSnap: 0.1, zoomDelta: 0.75, minZoom: 7, maxZoom: 20, wheelPxPerZoomLevel: 90 });
    map.setView([0, 0], 8);
    ["under", "dots", "over"].forEach(function (name, i) {
      map.createPane(name).style.zIndex = 400 + 10 * i;
      canvases[name] = L.canvas({ pane: name, padding: 0.2 });
    });
    ways = L.layerGroup().addTo(map);
    return map;
  };
  geogrid.clearMap = function () {
    Object.keys(groups).forEach(function (key) { groups[key].remove(); });
    groups = {};
    if (dots) dots.remove();
    dots = null;
    if (ways) ways.clearLayers();
  };

  function options(line, canvas) {
    return Object.assign({ interactive: false, renderer: canvases[canvas], smoothFactor: 1, fill: false }, line);
  }

  // Facilities are drawn as on the public map.
  var Sign = L.CircleMarker.extend({
    _updatePath: function () {
      var renderer = this._renderer, o = this.options;
      if (!renderer._drawing || this._empty()) return;
      geogrid.paintSymbol(renderer._ctx, this._point.x, this._point.y, o.size, o.symbol, o.hollow);
      if (!o.number) return;
      // The number of the way stands beside its end.
      var context = renderer._ctx;
      context.font = "700 13px sans-serif";
      context.textAlign = "left";
      context.textBaseline = "middle";
      context.lineWidth = 4;
      context.strokeStyle = "#ffffff";
      context.strokeText(o.number, this._point.x + o.size + 4, this._point.y);
      context.fillStyle = "#10181f";
      context.fillText(o.number, this._point.x + o.size + 4, this._point.y);
    },
  });

  // All households as one path: their places on the unit square of the web's Mercator once, pixels at every view.
  var Dots = L.Path.extend({
    initialize: function (table) {
      L.setOptions(this, { interactive: false, renderer: canvases.dots });
      this.table = table;
      this.u = table.x.map(function (x) { return (x / MICRO + 180) / 360; });
      this.v = table.y.map(function (y) {
        var s = Math.sin((y / MICRO) * Math.PI / 180);
        return 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI);
      });
    },
    setTable: function (table) {
      this.table = table;
      this.redraw();
    },
    place: function (i) { return L.latLng(this.table.y[i] / MICRO, this.table.x[i] / MICRO); },
    _project: function () {
      var scale = 256 * Math.pow(2, map.getZoom()), origin = map.getPixelOrigin(), n = this.u.length;
      this.px = new Float32Array(n);
      this.py = new Float32Array(n);
      for (var i = 0; i < n; i++) {
        this.px[i] = this.u[i] * scale - origin.x;
        this.py[i] = this.v[i] * scale - origin.y;
      }
      this._pxBounds = L.bounds([-1e9, -1e9], [1e9, 1e9]);
    },
    _update: function () { if (this._map) this._updatePath(); },
    radius: function () { return Math.max(1.3, Math.min(6, 1.3 + (map.getZoom() - 12) * 0.85)); },
    _updatePath: function () {
      var renderer = this._renderer;
      if (!renderer._drawing) return;
      var context = renderer._ctx, bounds = renderer._bounds, r = this.radius(), table = this.table;
      var minX = bounds.min.x - r, maxX = bounds.max.x + r, minY = bounds.min.y - r, maxY = bounds.max.y + r;
      // Those that are not covered are drawn last, over their neighbours.
      for (var status = 0; status < table.statuses.length; status++) {
        context.beginPath();
        for (var i = 0; i < this.px.length; i++) {
          if (table.status[i] !== status) continue;
          var x = this.px[i], y = this.py[i];
          if (x < minX || x > maxX || y < minY || y > maxY) continue;
          if (r < 2) context.rect(x - r, y - r, 2 * r, 2 * r);
          else {
            context.moveTo(x + r, y);
            context.arc(x, y, r, 0, 2 * Math.PI);
          }
        }
        context.globalAlpha = 1;
        if (r >= 3) {
          // A rim around each cluster: under the fills, or rims would hide dense places.
          context.setLineDash([]);
          context.lineWidth = 2;
          context.strokeStyle = "#ffffff";
          context.stroke();
        }
        context.fillStyle = style.bars[table.statuses[status]];
        context.fill();
      }
    },
  });

  geogrid.drawHouseholds = function (table) {
    if (dots) dots.setTable(table);
    else dots = new Dots(table).addTo(map);
  };
  geogrid.placeOf = function (i) { return dots.place(i); };
  // The household under a place, within so many pixels; or null.
  geogrid.householdAt = function (place, reach) {
    if (!dots || !geogrid.state.layers.households) return null;
    var at = map.latLngToLayerPoint(place), best = null, least = Math.pow(Math.max(reach, dots.radius() + 2), 2);
    for (var i = 0; i < dots.px.length; i++) {
      var away = Math.pow(dots.px[i] - at.x, 2) + Math.pow(dots.py[i] - at.y, 2);
      if (away <= least) {
        least = away;
        best = i;
      }
    }
    return best;
  };

  function isPlanned(feature) { return geogrid.town.later.indexOf(feature.properties.status) >= 0; }
  function placeOfPoint(feature) { return [feature.geometry.coordinates[1], feature.geometry.coordinates[0]]; }

  // A layer as it came; facilities are redrawn with the chosen service. What lies above has a tooltip of its own.
  function lineOf(layer, feature) {
    var filled = layer.above && feature.geometry.type.indexOf("Line") < 0;
    return Object.assign(options(layer.line, layer.above ? "over" : "under"), { interactive: layer.above, fill: filled, radius: 6 });
  }
  geogrid.drawLayer = function (layer, content) {
    var group = layer.key === "facilities" ? L.layerGroup() : L.geoJSON(content, {
      style: function (feature) { return lineOf(layer, feature); },
      pointToLayer: function (feature, place) { return L.circleMarker(place, lineOf(layer, feature)); },
    });
    if (layer.above) group.bindTooltip(function (drawn) { return geogrid.tipOfFeature(layer, drawn.feature.properties); }, { className: "tip", sticky: true, opacity: 1 });
    group.features = content.features;
    groups[layer.key] = group;
    if (geogrid.state.layers[layer.key]) group.addTo(map);
  };
  geogrid.hasLayer = function (key) { return Boolean(groups[key]); };
  geogrid.facilitiesOf = function (service) {
    return groups.facilities ? groups.facilities.features.filter(function (feature) {
      return feature.properties.services.indexOf(service) >= 0 && (geogrid.state.when === "later" || !isPlanned(feature));
    }) : [];
  };
  geogrid.restyle = function () {
    var group = groups.facilities, service = geogrid.service();
    if (!group) return;
    group.clearLayers();
    geogrid.facilitiesOf(service.id).forEach(function (feature) {
      group.addLayer(new Sign(placeOfPoint(feature), Object.assign(options({}, "over"), { radius: 9, size: 6.4, symbol: service, hollow: isPlanned(feature) })));
    });
  };
  geogrid.show = function (visible) {
    Object.keys(groups).forEach(function (key) {
      if (visible[key]) groups[key].addTo(map);
      else groups[key].remove();
    });
    if (dots && visible.households) dots.addTo(map);
    else if (dots) dots.remove();
    geogrid.drawWays();
  };

  // The nearest facility under a place, within so many pixels; or null.
  geogrid.facilityAt = function (place, reach) {
    var at = map.latLngToLayerPoint(place), best = null, least = reach;
    if (!geogrid.state.layers.facilities) return null;
    geogrid.facilitiesOf(geogrid.state.service).forEach(function (feature) {
      var away = map.latLngToLayerPoint(placeOfPoint(feature)).distanceTo(at);
      if (away <= least) {
        least = away;
        best = feature;
      }
    });
    return best;
  };

  // The ways of the household looked at: the others first, then the chosen one with a halo, then both ends.
  geogrid.drawWays = function () {
    ways.clearLayers();
    var shown = geogrid.state.explanation;
    if (!shown) return;
    var chosen = geogrid.state.way;
    function of(way) { return shown.features.filter(function (feature) { return feature.properties.way === way; }); }
    function line(feature, kind) {
      ways.addLayer(L.polyline(feature.geometry.coordinates.map(function (c) { return [c[1], c[0]]; }), options(Object.assign({ smoothFactor: 0 }, style.legs[kind]), "over")));
    }
    function draw(way, prefix) {
      of(way).forEach(function (feature) {
        if (feature.geometry.type === "LineString") line(feature, prefix + (feature.properties.kind === "along" ? "along" : "straight"));
      });
    }
    shown.ways.forEach(function (_, way) { if (way !== chosen) draw(way, "other_"); });
    if (shown.ways.length) {
      var parts = of(chosen);
      var home = shown.features[0].geometry.coordinates, end = parts[parts.length - 1].geometry.coordinates;
      parts.forEach(function (feature) { if (feature.properties.kind === "along") line(feature, "halo"); });
      ways.addLayer(L.polyline([[home[1], home[0]], [end[1], end[0]]], options(style.legs.as_the_crow_flies, "over")));
      draw(chosen, "");
    }
    shown.ways.forEach(function (_, way) {
      var end = of(way).filter(function (feature) { return feature.properties.kind === "facility"; })[0];
      ways.addLayer(new Sign(placeOfPoint(end), Object.assign(options({}, "over"), { radius: 30, size: way === chosen ? 9 : 7, symbol: geogrid.service(), hollow: false, number: String(way + 1) })));
    });
    var spot = placeOfPoint(shown.features[0]);
    ways.addLayer(L.circleMarker(spot, options({ radius: 10, color: "#ffffff", weight: 5, opacity: 1, fill: false }, "over")));
    ways.addLayer(L.circleMarker(spot, options({ radius: 9, color: "#10181f", weight: 2.5, opacity: 1, fill: true, fillColor: style.bars[shown.status], fillOpacity: 1 }, "over")));
  };

  // What must be seen of an explanation: the household and every way, or the chosen one.
  geogrid.boundsOfWays = function (way) {
    var bounds = L.latLngBounds([]);
    geogrid.state.explanation.features.forEach(function (feature) {
      if (feature.properties.way !== null && way !== undefined && feature.properties.way !== way) return;
      L.GeoJSON.coordsToLatLngs([].concat(feature.geometry.type === "Point" ? [feature.geometry.coordinates] : feature.geometry.coordinates)).forEach(function (place) { bounds.extend(place); });
    });
    return bounds;
  };
  geogrid.boundsOfTown = function () {
    var bounds = L.latLngBounds([]);
    if (groups.grids && groups.grids.features.length) bounds.extend(groups.grids.getBounds());
    var table = geogrid.table;
    for (var i = 0; !bounds.isValid() && table && i < table.x.length; i++) bounds.extend(dots.place(i)).extend([table.y[0] / MICRO, table.x[0] / MICRO]);
    return bounds;
  };
  geogrid.gridNames = function () {
    var names = {};
    (groups.grids ? groups.grids.features : []).forEach(function (feature) { names[feature.properties.grid_id] = feature.properties.name || feature.properties.grid_id; });
    return names;
  };
})();
