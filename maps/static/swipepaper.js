// The two maps on paper, side by side as drawings: canvases cannot be drawn again while a page is printed.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var data = geogrid.data, layers = data.layers, shapes = geogrid.shapes, lines = data.style.lines;
  var SVG = "http://www.w3.org/2000/svg";
  var WIDTH = 640, HEIGHT = 560, NAME = 13, BAR = 120;

  function s(tag, attributes, text) {
    var element = document.createElementNS(SVG, tag);
    Object.keys(attributes).forEach(function (name) { element.setAttribute(name, attributes[name]); });
    if (text) element.textContent = text;
    return element;
  }

  // What the map shows, in the middle of the drawing.
  function frame() {
    var map = geogrid.leaflet, view = map.getBounds(), zoom = map.getZoom();
    var a = map.project(view.getNorthWest(), zoom), b = map.project(view.getSouthEast(), zoom);
    var scale = Math.min(WIDTH / (b.x - a.x), HEIGHT / (b.y - a.y));
    var shift = [(WIDTH - (b.x - a.x) * scale) / 2, (HEIGHT - (b.y - a.y) * scale) / 2];
    return {
      place: function (p) {
        var at = map.project(p, zoom);
        return [(at.x - a.x) * scale + shift[0], (at.y - a.y) * scale + shift[1]];
      },
      metres: map.distance(view.getCenter(), map.unproject(map.project(view.getCenter(), zoom).add([100, 0]), zoom)) / (100 * scale),
    };
  }

  function ring(drawing, points, close) {
    return "M" + points.map(function (p) { return drawing.place(p).map(function (n) { return n.toFixed(1); }).join(" "); }).join("L") + (close ? "Z" : "");
  }
  function outline(drawing, shape) {
    return shape.map(function (polygon) { return polygon.map(function (points) { return ring(drawing, points, true); }).join(""); }).join("");
  }
  function path(d, kind, fill, weight) {
    var style = lines[kind];
    return s("path", {
      d: d, "fill-rule": "evenodd", fill: fill || "none", "fill-opacity": style.fillOpacity === undefined ? 1 : style.fillOpacity,
      stroke: style.color, "stroke-width": style.weight * (weight || 1), "stroke-opacity": style.opacity, "stroke-dasharray": style.dashArray || "none", "stroke-linejoin": "round",
    });
  }
  function pattern(id, size, stroke, width, back, d) {
    var made = s("pattern", { id: id, width: size, height: size, patternUnits: "userSpaceOnUse" });
    if (back) made.appendChild(s("rect", { width: size, height: size, fill: back }));
    made.appendChild(s("path", { d: d, stroke: stroke, "stroke-width": width, fill: "none" }));
    return made;
  }
  function patterns(side) {
    var found = s("defs", {});
    found.appendChild(pattern("moved-" + side, 9, lines.moved.color, 2.2, "", "M-1 -1L10 10M-1 8L1 10M8 -1L10 1"));
    found.appendChild(pattern("unknown-" + side, 8, data.style.unknown.line, 1.3, data.style.unknown.fill, "M-1 9L9 -1M-1 1L1 -1M7 9L9 7"));
    return found;
  }

  // Names where they fit, the changed grids' first.
  function names(drawing, side) {
    var boxes = [], found = s("g", { "font-size": NAME, "text-anchor": "middle", "paint-order": "stroke", stroke: "#fff", "stroke-width": 3, "stroke-linejoin": "round", fill: "#222b33" });
    geogrid.labelsOf(side).forEach(function (label) {
      var spot = geogrid.anchor(side, label.index);
      if (!spot) return;
      var at = drawing.place(spot.place), room = drawing.place([spot.place.lat, spot.place.lng + spot.width])[0] - at[0];
      var width = label.text.replace(/[\u2e80-\uffff]/g, "MM").length * NAME * 0.55;
      var box = [at[0] - width / 2, at[1] - NAME, at[0] + width / 2, at[1] + NAME / 2];
      if (room < width || box[0] < 0 || box[2] > WIDTH || box[1] < 0 || box[3] > HEIGHT) return;
      if (boxes.some(function (b) { return b[0] < box[2] && b[2] > box[0] && b[1] < box[3] && b[3] > box[1]; })) return;
      boxes.push(box);
      found.appendChild(s("text", { x: at[0].toFixed(1), y: (at[1] + NAME / 3).toFixed(1), "font-weight": label.style.weight }, label.text));
    });
    return found;
  }
  function scale(drawing) {
    var most = drawing.metres * BAR, power = Math.pow(10, Math.floor(Math.log10(most)));
    var metres = [5, 2, 1].map(function (n) { return n * power; }).find(function (n) { return n <= most; });
    var long = metres / drawing.metres, y = HEIGHT - 12;
    var found = s("g", { "font-size": 12, fill: "#1b242c" });
    found.appendChild(s("rect", { x: WIDTH - long - 26, y: y - 22, width: long + 20, height: 30, fill: "#fff", "fill-opacity": 0.85 }));
    found.appendChild(s("path", { d: "M" + (WIDTH - long - 16) + " " + (y - 4) + "v5h" + long + "v-5", stroke: "#1b242c", fill: "none" }));
    found.appendChild(s("text", { x: WIDTH - long / 2 - 16, y: y - 7, "text-anchor": "middle" }, geogrid.distance(metres)));
    return found;
  }

  function drawn(side) {
    var drawing = frame();
    var svg = s("svg", { viewBox: "0 0 " + WIDTH + " " + HEIGHT, role: "img", "aria-label": geogrid.titleOf(side) });
    svg.appendChild(patterns(side));
    shapes[side].forEach(function (shape, i) { svg.appendChild(path(outline(drawing, shape), "grid", geogrid.fillOf(side, i) || "url(#unknown-" + side + ")")); });
    ["path", "minor", "major"].filter(function (kind) { return layers.streets[kind]; }).forEach(function (kind) {
      svg.appendChild(path(geogrid.lines(layers.streets[kind]).map(function (line) { return ring(drawing, line); }).join(""), data.style.streets[kind], "", 0.7));
    });
    shapes.areas.forEach(function (shape) { svg.appendChild(path(outline(drawing, shape), "area")); });
    shapes[side].forEach(function (shape, i) { if (layers[side].changed[i]) svg.appendChild(path(outline(drawing, shape), "changed")); });
    shapes.moved.forEach(function (shape) { svg.appendChild(path(outline(drawing, shape), "moved", "url(#moved-" + side + ")")); });
    svg.appendChild(names(drawing, side));
    svg.appendChild(scale(drawing));
    return svg;
  }

  geogrid.drawPaper = function () {
    geogrid.replace(geogrid.byId("paper"), ["before", "after"].map(function (side) {
      return geogrid.h("figure", {}, geogrid.h("figcaption", {}, geogrid.titleOf(side)), drawn(side));
    }));
  };
})();
