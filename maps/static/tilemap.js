// The map of vector tiles: each is fetched, drawn on a canvas of its own, and asked about when somebody points at it.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var data = geogrid.data, t = geogrid.t, h = geogrid.h;
  var lines = data.style.lines;
  var state = { service: data.service };
  var map = null, sheets = [];
  var SIZE = 512;

  function ink(ctx, style, fill) {
    ctx.globalAlpha = style.opacity;
    ctx.strokeStyle = style.color;
    ctx.lineWidth = style.weight;
    ctx.setLineDash(style.dashArray ? style.dashArray.split(" ").map(Number) : []);
    if (fill) {
      ctx.globalAlpha = style.fillOpacity;
      ctx.fillStyle = fill;
      ctx.fill("evenodd");
      ctx.globalAlpha = style.opacity;
    }
    ctx.stroke();
  }
  function trace(ctx, feature, scale) {
    ctx.beginPath();
    feature.parts.forEach(function (part) {
      part.forEach(function (p, i) { ctx[i ? "lineTo" : "moveTo"](p[0] * scale, p[1] * scale); });
      if (feature.type === 3) ctx.closePath();
    });
  }
  function dot(ctx, feature, scale, radius, colour) {
    ctx.globalAlpha = 0.9;
    ctx.fillStyle = colour;
    ctx.strokeStyle = "#ffffff";
    ctx.lineWidth = 1;
    ctx.setLineDash([]);
    feature.parts.forEach(function (part) {
      ctx.beginPath();
      ctx.arc(part[0][0] * scale, part[0][1] * scale, radius, 0, 2 * Math.PI);
      ctx.fill();
      if (radius > 3) ctx.stroke();
    });
  }
  function gridColour(properties) {
    var share = properties["share_" + state.service];
    return share === undefined ? data.style.unknown.fill : data.style.classes[geogrid.classOf(Math.round(share * 10000))].colour;
  }
  // Of people who stand for several, the worst that is among them.
  function homeColour(properties) {
    var status = properties["status_" + state.service];
    if (status === undefined && "uncovered_" + state.service in properties) {
      status = properties["uncovered_" + state.service] ? "uncovered" : properties["unreached_" + state.service] ? "unreached" : "covered";
    }
    return data.style.bars[status] || "#4b5a66";
  }
  function homeSize(properties) { return properties.households ? Math.min(2.2 + Math.log2(properties.households) * 0.9, 9) : 3; }

  var painters = {
    grids: function (ctx, f, scale) { trace(ctx, f, scale); ink(ctx, lines.grid, gridColour(f.properties)); },
    workspace_grids: function (ctx, f, scale) { trace(ctx, f, scale); ink(ctx, lines.area); },
    areas: function (ctx, f, scale) { trace(ctx, f, scale); ink(ctx, lines.area_top); },
    streets: function (ctx, f, scale) { trace(ctx, f, scale); ink(ctx, lines[data.style.streets[f.properties.kind]] || lines.street_minor); },
    gaps: function (ctx, f, scale) {
      if (state.service !== "all" && f.properties.service !== state.service) return;
      trace(ctx, f, scale);
      ink(ctx, lines.gap, lines.gap.fillColor);
    },
    facilities: function (ctx, f, scale) { dot(ctx, f, scale, 5, "#1f2a33"); },
    households: function (ctx, f, scale) { dot(ctx, f, scale, homeSize(f.properties), homeColour(f.properties)); },
  };
  var ORDER = ["grids", "workspace_grids", "streets", "areas", "gaps", "facilities", "households"];

  var Sheet = L.GridLayer.extend({
    initialize: function (source) {
      this.source = source;
      this.read = {};
      var deepest = Math.max(0, source.deepest);
      L.GridLayer.prototype.initialize.call(this, { tileSize: SIZE, zoomOffset: -1, maxNativeZoom: deepest + 1, maxZoom: 20, updateWhenZooming: false });
      this.on("tileunload", function (event) { delete this.read[this.name(event.coords)]; }, this);
    },
    name: function (c) { return c.z + "/" + c.y + "/" + c.x; },
    createTile: function (coords, done) {
      var canvas = document.createElement("canvas"), sharp = window.devicePixelRatio || 1;
      canvas.width = canvas.height = SIZE * sharp;
      var z = coords.z - 1, layer = this;
      if (z < 0 || !layer.holds(z, coords)) {
        window.setTimeout(function () { done(null, canvas); });
        return canvas;
      }
      var address = layer.source.url.replace("{z}", z).replace("{y}", coords.y).replace("{x}", coords.x);
      window.fetch(address, { credentials: layer.source.own ? "same-origin" : "omit" }).then(function (answer) {
        if (!answer.ok) throw new Error(String(answer.status));
        return answer.arrayBuffer();
      }).then(function (buffer) {
        layer.read[layer.name(coords)] = { layers: geogrid.readTile(buffer), canvas: canvas };
        layer.paint(layer.read[layer.name(coords)]);
        document.body.setAttribute("data-tiles", String(Object.keys(layer.read).length));
        done(null, canvas);
      }).catch(function (error) {
        geogrid.byId("news").textContent = t("failed");
        done(error, canvas);
      });
      return canvas;
    },
    // Only tiles that there are, as the description says: asking for others would fill the log with 404.
    holds: function (z, coords) {
      var limits = this.source.limits[z];
      return Boolean(limits) && coords.x >= limits[0] && coords.x <= limits[1] && coords.y >= limits[2] && coords.y <= limits[3];
    },
    paint: function (tile) {
      var ctx = tile.canvas.getContext("2d"), sharp = tile.canvas.width / SIZE;
      ctx.setTransform(sharp, 0, 0, sharp, 0, 0);
      ctx.clearRect(0, 0, SIZE, SIZE);
      ORDER.forEach(function (name) {
        var layer = tile.layers[name];
        if (layer) layer.features.forEach(function (feature) { painters[name](ctx, feature, SIZE / layer.extent); });
      });
    },
    repaint: function () { Object.keys(this.read).forEach(function (key) { this.paint(this.read[key]); }, this); },
    // What lies at a place: the uppermost first.
    at: function (latlng) {
      var z = Math.min(Math.round(map.getZoom()), this.options.maxNativeZoom), p = map.project(latlng, z);
      var tile = this.read[this.name({ z: z, x: Math.floor(p.x / SIZE), y: Math.floor(p.y / SIZE) })];
      if (!tile) return [];
      var x = p.x - Math.floor(p.x / SIZE) * SIZE, y = p.y - Math.floor(p.y / SIZE) * SIZE, found = [];
      ORDER.slice().reverse().forEach(function (name) {
        var layer = tile.layers[name];
        if (layer && name in data.shown) layer.features.forEach(function (feature) {
          if (touches(feature, x, y, SIZE / layer.extent)) found.push({ name: name, properties: feature.properties });
        });
      });
      return found;
    },
  });
  function touches(feature, x, y, scale) {
    if (feature.type === 1) return feature.parts.some(function (part) { return Math.hypot(part[0][0] * scale - x, part[0][1] * scale - y) < 7; });
    if (feature.type !== 3) return false;
    var rings = feature.parts.map(function (part) { return part.map(function (p) { return [p[1] * scale, p[0] * scale]; }); });
    return geogrid.inside([rings], { lat: y, lng: x });
  }

  // What is known of something, one row each; a service's columns only of the chosen one.
  function told(thing) {
    var wanted = data.shown[thing.name];
    return wanted.map(function (row) {
      var value = thing.properties[row.key.replace("*", state.service)];
      if (value === undefined || value === "") return null;
      return [h("dt", {}, geogrid.pick(row.label)), h("dd", {}, wordsOf(row.kind, value))];
    });
  }
  function wordsOf(kind, value) {
    if (kind === "share") return geogrid.percent(Math.round(value * 10000));
    if (kind === "status") return geogrid.pick(data.statuses[value] || [value, value]);
    return typeof value === "number" ? geogrid.number(value, 1) : String(value);
  }
  function onClick(event) {
    var things = sheets.reduce(function (all, sheet) { return all.concat(sheet.at(event.latlng)); }, []);
    var card = geogrid.byId("card");
    card.hidden = !things.length;
    geogrid.replace(card, things.slice(0, 3).map(function (thing) {
      return h("section", {}, h("h2", {}, t(thing.name)), h("dl", {}, told(thing)));
    }));
  }

  function drawChrome() {
    document.documentElement.lang = geogrid.lang === "zh" ? "zh-CN" : "en";
    var name = t(data.staff ? "ownTitle" : "title");
    document.title = [name].concat(data.place ? [geogrid.title(data.place)] : []).join(" · ");
    geogrid.replace(geogrid.byId("title"), h("strong", {}, data.place ? geogrid.title(data.place) : name), h("span", {}, t(data.staff ? "private" : "title")));
    geogrid.byId("home").textContent = t("home");
    geogrid.byId("home").href = "../?lang=" + geogrid.lang;
    geogrid.byId("credit").textContent = [geogrid.basemapTold(), data.osm ? t("osm") : "", t("madeWith", { version: data.version })].filter(Boolean).join(" · ");
    choices("services", data.services.map(function (s) { return [s.id, geogrid.title(s.name)]; }), state.service, function (id) {
      state.service = id;
      sheets.forEach(function (sheet) { sheet.repaint(); });
    });
    choices("languages", [["zh", "中文"], ["en", "English"]], geogrid.lang, function (lang) { geogrid.lang = lang; drawChrome(); });
    geogrid.replace(geogrid.byId("legend"), h("summary", {}, t("legend")), h("ul", {}, data.style.classes.slice().reverse().map(function (row) {
      return swatch(row.colour, geogrid.pick(row.label));
    }), swatch(data.style.unknown.fill, t("unknown")), swatch(data.style.lines.gap.fillColor, t("gaps"))), data.staff ? h("ul", {}, Object.keys(data.style.bars).map(function (key) {
      return swatch(data.style.bars[key], geogrid.pick(data.statuses[key]), true);
    })) : null, data.staff ? h("p", { class: "note" }, t("gathered")) : null);
    geogrid.nameControls();
    map.getContainer().setAttribute("aria-label", t("map"));
  }
  function swatch(colour, label, round) {
    var sign = h("i", { "aria-hidden": "true", class: round ? "round" : null });
    sign.style.background = colour;
    return h("li", {}, sign, label);
  }
  function choices(id, rows, chosen, choose) {
    var box = geogrid.byId(id), legend = box.querySelector("legend");
    legend.textContent = t(id);
    geogrid.replace(box, legend, rows.map(function (row) {
      var input = h("input", { type: "radio", name: id, value: row[0], onchange: function () { choose(row[0]); } });
      input.checked = row[0] === chosen;
      return h("label", {}, input, h("span", {}, row[1]));
    }));
  }

  geogrid.start = function () {
    map = L.map("tilemap", { zoomControl: false, attributionControl: false, minZoom: 2, maxZoom: 20 });
    geogrid.addBasemap(map);
    function fit() { map.fitBounds(data.box ? [[data.box[1], data.box[0]], [data.box[3], data.box[2]]] : [[-60, -170], [75, 170]], { animate: false }); }
    fit();
    geogrid.addControls(map, fit);
    drawChrome();
    sheets = data.sources.map(function (source) { return new Sheet(source).addTo(map); });
    map.on("click", onClick);
    geogrid.byId("legend").open = window.matchMedia("(min-width: 761px)").matches;
    document.body.setAttribute("data-ready", "true");
  };
})();
