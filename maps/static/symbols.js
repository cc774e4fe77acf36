// Symbols of facilities: one outline per shape, drawn on the map's canvas and, the same, as small pictures in the panel.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var SVG = "http://www.w3.org/2000/svg";

  function regular(corners, turn, inner) {
    var points = [];
    for (var i = 0; i < corners; i++) {
      var r = inner && i % 2 ? inner : 1;
      var angle = turn + (2 * Math.PI * i) / corners;
      points.push([r * Math.cos(angle), r * Math.sin(angle)]);
    }
    return points;
  }

  var UP = -Math.PI / 2;
  var c = 0.36;
  var OUTLINES = {
    square: [[-0.8, -0.8], [0.8, -0.8], [0.8, 0.8], [-0.8, 0.8]],
    cross: [[-c, -1], [c, -1], [c, -c], [1, -c], [1, c], [c, c], [c, 1], [-c, 1], [-c, c], [-1, c], [-1, -c], [-c, -c]],
    triangle: [[0, -1], [0.98, 0.76], [-0.98, 0.76]],
    wedge: [[0, 1], [0.98, -0.76], [-0.98, -0.76]],
    diamond: regular(4, UP),
    pentagon: regular(5, UP),
    hexagon: regular(6, 0),
    star: regular(10, UP, 0.46).map(function (p) { return [p[0] * 1.12, p[1] * 1.12]; }),
    bowtie: [[-0.9, -0.8], [0.9, 0.8], [0.9, -0.8], [-0.9, 0.8]],
    circle: regular(24, 0).map(function (p) { return [p[0] * 0.9, p[1] * 0.9]; }),
    ring: regular(24, 0).map(function (p) { return [p[0] * 0.7, p[1] * 0.7]; }),
  };

  geogrid.paintSymbol = function (context, x, y, radius, symbol, hollow) {
    context.beginPath();
    (OUTLINES[symbol.shape] || OUTLINES.circle).forEach(function (p, i) {
      context[i ? "lineTo" : "moveTo"](x + p[0] * radius, y + p[1] * radius);
    });
    context.closePath();
    context.lineJoin = "round";
    context.setLineDash([]);
    context.globalAlpha = 1;
    context.strokeStyle = "#ffffff";
    context.lineWidth = hollow ? 5 : 3;
    context.stroke();
    context.fillStyle = hollow ? "#ffffff" : symbol.colour;
    context.fill();
    if (!hollow) return;
    context.strokeStyle = symbol.colour;
    context.lineWidth = 1.8;
    context.stroke();
  };

  geogrid.symbolPicture = function (symbol, hollow) {
    var svg = document.createElementNS(SVG, "svg");
    var shape = document.createElementNS(SVG, "polygon");
    svg.setAttribute("viewBox", "-9 -9 18 18");
    svg.setAttribute("class", "symbol");
    svg.setAttribute("aria-hidden", "true");
    shape.setAttribute("points", (OUTLINES[symbol.shape] || OUTLINES.circle).map(function (p) {
      return (p[0] * 6.4).toFixed(2) + "," + (p[1] * 6.4).toFixed(2);
    }).join(" "));
    shape.setAttribute("fill", hollow ? "#ffffff" : symbol.colour);
    shape.setAttribute("stroke", symbol.colour);
    shape.setAttribute("stroke-width", hollow ? "1.8" : "0.6");
    shape.setAttribute("stroke-linejoin", "round");
    svg.appendChild(shape);
    return svg;
  };

  // The hatching of grids without a public share, as a canvas pattern.
  geogrid.hatching = function () {
    var size = 8;
    var tile = document.createElement("canvas");
    tile.width = tile.height = size;
    var context = tile.getContext("2d");
    context.fillStyle = geogrid.data.style.unknown.fill;
    context.fillRect(0, 0, size, size);
    context.strokeStyle = geogrid.data.style.unknown.line;
    context.lineWidth = 1.3;
    for (var shift = -size; shift <= size; shift += size) {
      context.beginPath();
      context.moveTo(shift - 1, size + 1);
      context.lineTo(shift + size + 1, -1);
      context.stroke();
    }
    return context.createPattern(tile, "repeat");
  };
})();
