// The two maps on paper, side by side as drawings: canvases cannot be drawn again while a page is printed.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var data = geogrid.data, shapes = geogrid.shapes, lines = data.style.lines, s = geogrid.svg;
  var WIDTH = 640, HEIGHT = 560, NAME = 13, BAR = 120, UNITS = 1e6;

  // What the map shows, in the middle of the drawing.
  function frame() {
    var map = geogrid.maps.map(function (side) { return side.map; }).filter(function (each) { return each.getSize().x > 0; })[0], view = map.getBounds(), zoom = map.getZoom();
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
  function area(svg, drawing, shape, style) { svg.appendChild(s("path", Object.assign({ d: outline(drawing, shape), "fill-rule": "evenodd", fill: "none", "stroke-linejoin": "round" }, style))); }
  function pattern(id, size, stroke, back, d) {
    var made = s("pattern", { id: id, width: size, height: size, patternUnits: "userSpaceOnUse" });
    if (back) made.appendChild(s("rect", { width: size, height: size, fill: back }));
    made.appendChild(s("path", { d: d, stroke: stroke, "stroke-width": 1.6, fill: "none" }));
    return made;
  }
  function patterns(side) {
    var found = s("defs", {});
    found.appendChild(pattern("moved" + side, 9, "#a8006b", "", "M-1 -1L10 10M-1 8L1 10M8 -1L10 1"));
    found.appendChild(pattern("unknown" + side, 8, data.style.unknown.line, data.style.unknown.fill, "M-1 9L9 -1M-1 1L1 -1M7 9L9 7"));
    return found;
  }
  function features(svg, drawing, told, side) {
    if (!told.features) return;
    shapes[told.features.set].forEach(function (shape, i) {
      var fill = geogrid.fillOf(told.features, i) || "url(#unknown" + side + ")";
      if (shape.length) return area(svg, drawing, shape, { fill: fill, stroke: "#77828b", "stroke-width": 0.8 });
      if (told.features.spots[i]) dot(svg, drawing, told.features.spots[i], { r: 4, fill: fill, stroke: "#4a555e" });
    });
  }
  function dot(svg, drawing, spot, style) {
    var at = drawing.place(geogrid.placeOfSpot(spot));
    svg.appendChild(s("circle", Object.assign({ cx: at[0].toFixed(1), cy: at[1].toFixed(1) }, style)));
  }
  function background(svg, drawing, told) {
    ["path", "minor", "major"].filter(function (kind) { return data.layers.streets[kind]; }).forEach(function (kind) {
      var style = lines[data.style.streets[kind]];
      svg.appendChild(s("path", { d: geogrid.lines(data.layers.streets[kind]).map(function (line) { return ring(drawing, line); }).join(""), fill: "none", stroke: style.color, "stroke-width": style.weight * 0.6, "stroke-opacity": style.opacity * 0.7 }));
    });
    if (data.layers.barriers) svg.appendChild(s("path", { d: geogrid.lines(data.layers.barriers).map(function (line) { return ring(drawing, line); }).join(""), fill: "none", stroke: "#2f7fb5", "stroke-width": 2.4 }));
    if (told.outlines) shapes[told.outlines.set].forEach(function (shape) { area(svg, drawing, shape, { stroke: "#39434b", "stroke-width": 1.4 }); });
  }
  function marks(svg, drawing, told) {
    told.spokes.forEach(function (spoke) {
      svg.appendChild(s("path", { d: ring(drawing, [[spoke[1] / UNITS, spoke[0] / UNITS], [spoke[3] / UNITS, spoke[2] / UNITS]]), stroke: "#39434b", "stroke-width": 1.2, fill: "none" }));
    });
    told.signs.forEach(function (sign) {
      sign.spots.forEach(function (spot, i) {
        if (!spot) return;
        var at = drawing.place(geogrid.placeOfSpot(spot)), size = sign.numbers.length ? 10 : sign.small ? (geogrid.isHollow(sign) ? 3 : 1.6) : 6;
        var picture = geogrid.symbolPicture(sign.symbol, geogrid.isHollow(sign)).firstChild;
        picture.setAttribute("transform", "translate(" + at[0].toFixed(1) + " " + at[1].toFixed(1) + ") scale(" + size / 6.4 + ")");
        svg.appendChild(picture);
        if (sign.numbers.length) svg.appendChild(s("text", { x: at[0].toFixed(1), y: (at[1] + 4).toFixed(1), "text-anchor": "middle", "font-size": 11, "font-weight": 650, fill: "#ffffff" }, String(sign.numbers[i])));
      });
    });
  }
  // Names where they fit, areas first.
  function names(drawing, told) {
    var boxes = [], found = s("g", { "text-anchor": "middle", "paint-order": "stroke", stroke: "#fff", "stroke-width": 3, "stroke-linejoin": "round", fill: "#222b33" });
    geogrid.labelsOf(told).forEach(function (label) {
      var spot = geogrid.anchor(label.style.kind, label.index);
      if (!spot) return;
      var size = label.style.isArea ? NAME + 2 : NAME, at = drawing.place(spot.place);
      var room = drawing.place([spot.place.lat, spot.place.lng + spot.width])[0] - at[0];
      var width = label.text.replace(/[\u2e80-\uffff]/g, "MM").length * size * 0.55;
      var box = [at[0] - width / 2, at[1] - size, at[0] + width / 2, at[1] + size / 2];
      if ((!label.style.isArea && room < width) || box[0] < 0 || box[2] > WIDTH || box[1] < 0 || box[3] > HEIGHT) return;
      if (boxes.some(function (b) { return b[0] < box[2] && b[2] > box[0] && b[1] < box[3] && b[3] > box[1]; })) return;
      boxes.push(box);
      found.appendChild(s("text", { x: at[0].toFixed(1), y: (at[1] + size / 3).toFixed(1), "font-size": size, "font-weight": label.style.weight }, label.text));
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
    var drawing = frame(), told = geogrid.sideOf(side), troubles = geogrid.answer().troubles;
    var svg = s("svg", { viewBox: "0 0 " + WIDTH + " " + HEIGHT, role: "img", "aria-label": geogrid.pick(told.title) });
    svg.appendChild(patterns(side));
    features(svg, drawing, told, side);
    background(svg, drawing, told);
    if (told.moved && geogrid.state.moved) shapes[told.moved.set].forEach(function (shape) { area(svg, drawing, shape, { fill: "url(#moved" + side + ")", stroke: "#a8006b", "stroke-width": 1.6 }); });
    if (told.withTroubles && troubles.set) shapes[troubles.set].forEach(function (shape) { area(svg, drawing, shape, { stroke: "#c1121f", "stroke-width": 2.2, "stroke-dasharray": "7 5" }); });
    svg.appendChild(names(drawing, told));
    marks(svg, drawing, told);
    svg.appendChild(scale(drawing));
    return svg;
  }

  geogrid.drawPaper = function () {
    var h = geogrid.h;
    geogrid.replace(geogrid.byId("paper"), [0, 1].map(function (side) {
      return h("figure", {}, h("figcaption", {}, geogrid.pick(geogrid.sideOf(side).title), side && data.answers.length > 1 ? " · " + geogrid.answerName(geogrid.state.answer) : ""), drawn(side));
    }), h("div", { class: "keys" }, geogrid.legendRows()));
  };
})();
