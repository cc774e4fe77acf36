// Drawings of figures: how two of them trade off between alternatives, and what each more site brings.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var data = geogrid.data;
  var t = geogrid.t, pick = geogrid.pick, number = geogrid.number;
  var SVG = "http://www.w3.org/2000/svg";
  var WIDTH = 344, HEIGHT = 234, LEFT = 52, RIGHT = 18, TOP = 30, BOTTOM = 44;
  var GRID = "#e4e8ea", INK = "#37424b", MARK = "#135f94", BEST = "#b0122b", TICKS = 4;

  function s(tag, attributes, text) {
    var element = document.createElementNS(SVG, tag);
    Object.keys(attributes).forEach(function (name) { element.setAttribute(name, attributes[name]); });
    if (text !== undefined) element.textContent = text;
    return element;
  }
  geogrid.svg = s;

  // Round steps that span low to high.
  function ticks(low, high, whole) {
    var rough = (high - low) / TICKS || 1, power = Math.pow(10, Math.floor(Math.log10(rough)));
    var step = [1, 2, 5, 10].map(function (n) { return n * power; }).find(function (n) { return n >= rough; });
    if (whole) step = Math.max(1, Math.round(step));
    var found = [];
    for (var at = Math.floor(low / step) * step; at < high + step * 0.999; at += step) found.push(at);
    return found;
  }
  function axis(values, whole, fromZero) {
    var low = Math.min.apply(null, values), high = Math.max.apply(null, values), room = (high - low) * 0.12;
    low = fromZero && low < high * 0.6 ? 0 : Math.max(low >= 0 ? 0 : -Infinity, low - room);
    return ticks(low, high === low ? low + 1 : fromZero ? high : high + room, whole);
  }
  function frame(xs, ys, writeX, writeY, title) {
    var svg = s("svg", { viewBox: "0 0 " + WIDTH + " " + HEIGHT, class: "chart", role: "img", "aria-label": title });
    var x0 = xs[0], x1 = xs[xs.length - 1], y0 = ys[0], y1 = ys[ys.length - 1];
    function x(value) { return LEFT + ((value - x0) / (x1 - x0)) * (WIDTH - LEFT - RIGHT); }
    function y(value) { return HEIGHT - BOTTOM - ((value - y0) / (y1 - y0)) * (HEIGHT - TOP - BOTTOM); }
    ys.forEach(function (value) {
      svg.appendChild(s("path", { d: "M" + LEFT + " " + y(value) + "H" + (WIDTH - RIGHT), stroke: GRID, fill: "none" }));
      svg.appendChild(s("text", { x: LEFT - 6, y: y(value) + 3.5, "text-anchor": "end", "font-size": 10.5, fill: INK }, writeY(value)));
    });
    xs.forEach(function (value) {
      svg.appendChild(s("path", { d: "M" + x(value) + " " + (HEIGHT - BOTTOM) + "v4", stroke: INK, fill: "none" }));
      svg.appendChild(s("text", { x: x(value), y: HEIGHT - BOTTOM + 16, "text-anchor": "middle", "font-size": 10.5, fill: INK }, writeX(value)));
    });
    svg.appendChild(s("path", { d: "M" + LEFT + " " + TOP + "V" + (HEIGHT - BOTTOM) + "H" + (WIDTH - RIGHT), stroke: INK, fill: "none" }));
    return { svg: svg, x: x, y: y };
  }
  function across(drawing, text) {
    drawing.svg.appendChild(s("text", { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 8, "text-anchor": "middle", "font-size": 11, fill: INK }, text));
  }
  // Short numbers of an axis.
  function short(value) {
    var most = Math.abs(value);
    return most >= 1e6 ? number(value / 1e6, 1) + "M" : most >= 1e4 ? number(value / 1e3, 1) + "k" : number(value, most < 10 ? 1 : 0);
  }
  function writer(key) {
    var unit = data.style.figures[key].unit;
    if (unit === "share") return function (value) { return number(value * 100, 1) + "%"; };
    if (unit === "metres") return function (value) { return number(value / 1000, 1) + " km"; };
    return short;
  }

  // The alternatives in two of their figures; each is a button.
  geogrid.scatter = function (pair) {
    var values = data.answers.map(function (_, i) { return [geogrid.figureOf(i, pair[0]), geogrid.figureOf(i, pair[1])]; });
    var whole = pair.map(function (key) { return data.style.figures[key].unit === "count"; });
    var xs = axis(values.map(function (v) { return v[0]; }), whole[0], false), ys = axis(values.map(function (v) { return v[1]; }), whole[1], false);
    var title = t("tradeoffAxes", { x: geogrid.figureName(pair[0]), y: geogrid.figureName(pair[1]) });
    var drawing = frame(xs, ys, writer(pair[0]), writer(pair[1]), title);
    across(drawing, geogrid.figureName(pair[0]));
    drawing.svg.appendChild(s("text", { x: 4, y: 13, "font-size": 11, fill: INK }, geogrid.figureName(pair[1])));
    values.map(function (_, i) { return i; }).sort(function (a, b) { return (a === geogrid.state.answer) - (b === geogrid.state.answer); }).forEach(function (i) {
      var chosen = i === geogrid.state.answer, at = [drawing.x(values[i][0]), drawing.y(values[i][1])];
      var mark = s("g", { class: "mark", role: "button", tabindex: "0", "aria-pressed": String(chosen), id: "mark" + i, "aria-label": [geogrid.answerName(i), geogrid.figure(pair[0], values[i][0]), geogrid.figure(pair[1], values[i][1])].join(" · ") });
      mark.appendChild(s("circle", { cx: at[0], cy: at[1], r: 11, fill: chosen ? MARK : "#ffffff", stroke: MARK, "stroke-width": 2 }));
      mark.appendChild(s("text", { x: at[0], y: at[1] + 4, "text-anchor": "middle", "font-size": 12, "font-weight": 650, fill: chosen ? "#ffffff" : MARK }, String(i + 1)));
      mark.addEventListener("click", function () { geogrid.set({ answer: i }); });
      mark.addEventListener("keydown", function (event) {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        geogrid.set({ answer: i });
      });
      drawing.svg.appendChild(mark);
    });
    return drawing.svg;
  };

  // What so many sites reach: proven points are filled, what no choice can beat is dashed.
  geogrid.curve = function (curve) {
    var points = curve.points, values = points.map(function (p) { return p[1]; });
    var bounds = points.filter(function (p) { return p[2] !== null && !p[3]; }).map(function (p) { return p[2]; });
    var near = curve.total !== null && curve.total < 2 * Math.max.apply(null, values) ? [curve.total] : [];
    var xs = axis(points.map(function (p) { return p[0]; }), true, true), ys = axis(values.concat(bounds, near), false, true);
    var drawing = frame(xs, ys, short, short, t("curve", { what: pick(curve.label) }));
    across(drawing, t("curveSites"));
    drawing.svg.appendChild(s("text", { x: 4, y: 13, "font-size": 11, fill: INK }, pick(curve.label)));
    if (near.length) {
      drawing.svg.appendChild(s("path", { d: "M" + LEFT + " " + drawing.y(curve.total) + "H" + (WIDTH - RIGHT), stroke: "#7a6a00", "stroke-width": 1.2, fill: "none" }));
      drawing.svg.appendChild(s("text", { x: WIDTH - RIGHT, y: drawing.y(curve.total) - 4, "text-anchor": "end", "font-size": 10.5, fill: "#6a5c00" }, t("curveTotal", { n: number(curve.total) })));
    }
    if (bounds.length) drawing.svg.appendChild(s("path", { d: line(points.map(function (p) { return [p[0], p[2] === null || p[3] ? p[1] : p[2]]; })), stroke: INK, "stroke-dasharray": "4 4", fill: "none" }));
    drawing.svg.appendChild(s("path", { d: line(points), stroke: MARK, "stroke-width": 2, fill: "none" }));
    points.forEach(function (p) {
      var chosen = p[0] === curve.chosen, mark = s("circle", { cx: drawing.x(p[0]), cy: drawing.y(p[1]), r: chosen ? 6.5 : 4, fill: p[3] ? (chosen ? BEST : MARK) : "#ffffff", stroke: chosen ? BEST : MARK, "stroke-width": 2 });
      mark.appendChild(s("title", {}, t("curvePoint", { sites: number(p[0]), value: number(p[1], 1) })));
      drawing.svg.appendChild(mark);
    });
    return drawing.svg;
    function line(pairs) { return "M" + pairs.map(function (p) { return drawing.x(p[0]).toFixed(1) + " " + drawing.y(p[1]).toFixed(1); }).join("L"); }
  };
})();
