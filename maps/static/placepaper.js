// The theme on paper: the map as a drawing, for canvases cannot be drawn again while a page is printed; legend, figures, the list.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var data = geogrid.data, shapes = geogrid.shapes, lines = data.style.lines;
  var t = geogrid.t, h = geogrid.h, number = geogrid.number;
  var SVG = "http://www.w3.org/2000/svg";
  var WIDTH = 760, HEIGHT = 640, NAME = 11, BAR = 120, ROWS = 300, SIGN = 3.6;

  function s(tag, attributes, text) {
    var element = document.createElementNS(SVG, tag);
    Object.keys(attributes).forEach(function (name) { element.setAttribute(name, attributes[name]); });
    if (text) element.textContent = text;
    return element;
  }

  // What the map shows of the theme, in the middle of the drawing.
  function frame() {
    var map = geogrid.leaflet, view = seen(map.getBounds(), geogrid.extent().pad(0.03)), zoom = map.getZoom();
    var a = map.project(view.getNorthWest(), zoom), b = map.project(view.getSouthEast(), zoom);
    var scale = Math.min(WIDTH / (b.x - a.x), HEIGHT / (b.y - a.y));
    var shift = [(WIDTH - (b.x - a.x) * scale) / 2, (HEIGHT - (b.y - a.y) * scale) / 2];
    return {
      place: function (p) {
        var at = map.project(L.latLng(p), zoom);
        return [(at.x - a.x) * scale + shift[0], (at.y - a.y) * scale + shift[1]];
      },
      metres: map.distance(view.getCenter(), map.unproject(map.project(view.getCenter(), zoom).add([100, 0]), zoom)) / (100 * scale),
    };
  }
  function seen(view, whole) {
    if (!whole.isValid() || !view.intersects(whole)) return view;
    return L.latLngBounds(
      [Math.max(view.getSouth(), whole.getSouth()), Math.max(view.getWest(), whole.getWest())],
      [Math.min(view.getNorth(), whole.getNorth()), Math.min(view.getEast(), whole.getEast())]);
  }
  function ring(drawing, points, close) {
    return "M" + points.map(function (p) { return drawing.place(p).map(function (n) { return n.toFixed(1); }).join(" "); }).join("L") + (close ? "Z" : "");
  }
  function outline(drawing, shape) {
    return shape.map(function (polygon) { return polygon.map(function (points) { return ring(drawing, points, true); }).join(""); }).join("");
  }
  function patterns(view) {
    var found = s("defs", {});
    view.classes.forEach(function (row, k) {
      if (!row.hatched) return;
      var made = s("pattern", { id: "hatch" + k, width: 7, height: 7, patternUnits: "userSpaceOnUse" });
      made.appendChild(s("rect", { width: 7, height: 7, fill: row.colour }));
      made.appendChild(s("path", { d: "M-1 8L8 -1M-1 1L1 -1M6 8L8 6", stroke: geogrid.stripe(row.colour), "stroke-width": 1.4, fill: "none" }));
      found.appendChild(made);
    });
    return found;
  }

  function areas(svg, drawing, view) {
    var theme = geogrid.theme();
    geogrid.orderOf(theme.set).forEach(function (i) {
      var k = view.of[i], on = k >= 0 && geogrid.isOn(k), row = view.classes[k];
      var fill = !on ? "#ffffff" : row.hatched ? "url(#hatch" + k + ")" : row.colour;
      svg.appendChild(s("path", { d: outline(drawing, shapes[theme.set][i]), "fill-rule": "evenodd", fill: fill, "fill-opacity": on ? 0.92 : 0.4, stroke: on ? "#ffffff" : "#b9bfc4", "stroke-width": 0.4 }));
    });
  }
  function borders(svg, drawing) {
    var under = geogrid.theme().background;
    if (!under) return;
    shapes[under.set].forEach(function (shape) { svg.appendChild(s("path", { d: outline(drawing, shape), fill: "none", stroke: "#3a444c", "stroke-width": 0.9 })); });
  }
  function streets(svg, drawing) {
    ["path", "minor", "major"].filter(function (kind) { return data.layers.streets[kind]; }).forEach(function (kind) {
      var style = lines[data.style.streets[kind]];
      svg.appendChild(s("path", { d: geogrid.lines(data.layers.streets[kind]).map(function (line) { return ring(drawing, line); }).join(""), fill: "none", stroke: style.color, "stroke-width": style.weight * 0.6, "stroke-opacity": style.opacity * 0.7 }));
    });
  }
  function marks(svg, drawing, view) {
    geogrid.ranked(view).filter(geogrid.isOn).forEach(function (k) {
      var row = view.classes[k], all = geogrid.featuresIn(view, k);
      var d = all.map(function (i) { return geogrid.partsOf("lines", i).map(function (line) { return ring(drawing, line); }).join(""); }).join("");
      if (d) svg.appendChild(s("path", { d: d, fill: "none", stroke: geogrid.inkOf(row), "stroke-width": k === view.worst ? 3 : 2, "stroke-dasharray": row.hatched ? "5 4" : "none", "stroke-linejoin": "round" }));
      all.forEach(function (i) {
        geogrid.partsOf("points", i).forEach(function (p) { sign(svg, drawing.place(p), { shape: row.sign, colour: geogrid.inkOf(row) }, row.hatched); });
        var place = row.mark && !geogrid.partsOf("points", i).length && geogrid.hasRoom(i) && geogrid.placeOf(i);
        if (place) sign(svg, drawing.place(place), row.mark, false, "#ffffff");
      });
    });
  }
  function sign(svg, at, symbol, hollow, edge) {
    var picture = geogrid.symbolPicture(symbol, hollow).firstChild;
    if (edge) picture.setAttribute("stroke", edge);
    if (edge) picture.setAttribute("stroke-width", "2.4");
    picture.setAttribute("transform", "translate(" + at[0].toFixed(1) + " " + at[1].toFixed(1) + ") scale(" + SIGN / 6.4 + ")");
    svg.appendChild(picture);
  }
  // Names where they fit: the areas behind, then the largest features.
  function names(drawing) {
    var boxes = [], found = s("g", { "text-anchor": "middle", "paint-order": "stroke", stroke: "#fff", "stroke-width": 3, "stroke-linejoin": "round", fill: "#222b33" });
    geogrid.labelsOf().forEach(function (label) {
      var spot = geogrid.anchor(label.style.kind, label.index);
      if (!spot) return;
      var size = label.style.isArea ? NAME + 2 : NAME;
      var at = drawing.place(spot.place), room = drawing.place([spot.place.lat, spot.place.lng + spot.width])[0] - at[0];
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
  function picture() {
    var drawing = frame(), view = geogrid.view();
    var svg = s("svg", { viewBox: "0 0 " + WIDTH + " " + HEIGHT, role: "img", "aria-label": geogrid.heading() });
    svg.appendChild(patterns(view));
    areas(svg, drawing, view);
    streets(svg, drawing);
    borders(svg, drawing);
    marks(svg, drawing, view);
    svg.appendChild(names(drawing));
    svg.appendChild(scale(drawing));
    return svg;
  }

  function list() {
    var rows = geogrid.listed(false);
    if (!rows.length) return null;
    return h("section", { class: "rows" }, h("h3", {}, t(geogrid.actLabel()) + " (" + number(rows.length) + ")"),
      h("ol", {}, rows.slice(0, ROWS).map(function (i) {
        return h("li", {}, h("b", {}, geogrid.theme().names[i]), geogrid.sayRow(i).map(function (line) { return h("span", {}, line); }));
      })),
      rows.length > ROWS ? h("p", { class: "note" }, t("others", { n: number(rows.length - ROWS) })) : null);
  }
  function plain(title, texts) {
    return texts.length ? h("section", {}, h("h3", {}, title), h("ul", { class: "plain" }, texts.map(function (text) { return h("li", {}, geogrid.pick(text)); }))) : null;
  }
  geogrid.drawPaper = function () {
    var theme = geogrid.theme();
    geogrid.replace(geogrid.byId("paper"),
      h("div", { class: "sheet" }, picture(),
        h("div", { class: "beside" }, h("h2", {}, geogrid.heading()), h("p", { class: "note" }, geogrid.pick(theme.note)), geogrid.legendRows(true), plain(t("facts"), theme.facts), plain(t("notes"), data.notes))),
      list());
  };
})();
