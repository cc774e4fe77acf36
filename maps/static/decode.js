// Data, words and elements. Every text of a report reaches the page through textContent, never as markup.
(function () {
  "use strict";

  var UNITS = 1e6;
  // A page whose data comes from elsewhere has it before this runs.
  var data = window.geogridData || JSON.parse(document.getElementById("geogrid-data").textContent);
  var geogrid = (window.geogrid = { data: data, lang: data.lang });

  // Steps of whole units to [latitude, longitude] pairs.
  geogrid.points = function (steps, units) {
    var found = [], scale = units || UNITS;
    for (var i = 0, x = 0, y = 0; i < steps.length; i += 2) {
      x += steps[i];
      y += steps[i + 1];
      found.push([y / scale, x / scale]);
    }
    return found;
  };

  geogrid.lines = function (packed, units) {
    var points = geogrid.points(packed.xy, units);
    var at = 0;
    return packed.n.map(function (n) {
      return points.slice(at, (at += n));
    });
  };

  // The reverse of packing.pack_polygons: per layer, per feature, its polygons as lists of rings.
  geogrid.unpacked = function (packed) {
    var arcs = geogrid.lines(packed.arcs, packed.units);
    var next = 0;
    function arcOf(code) {
      if (code === 0) return arcs[next++];
      var arc = arcs[next - ((code + 1) >> 1)];
      return code & 1 ? arc : arc.slice().reverse();
    }
    function decode(shape) {
      var use = 0, ring = 0, polygon = 0;
      function ringOf() {
        var points = [];
        for (var k = shape.arcs[ring++]; k > 0; k--) {
          var arc = arcOf(shape.use[use++]);
          for (var j = points.length ? 1 : 0; j < arc.length; j++) points.push(arc[j]);
        }
        points.pop();
        return points;
      }
      return shape.polygons.map(function (count) {
        return times(count, function () {
          return times(shape.rings[polygon++], ringOf);
        });
      });
    }
    var found = {};
    // The order of the layers is part of the encoding: arcs are numbered by first use.
    packed.shapeOrder.forEach(function (name) {
      found[name] = decode(packed.shapes[name]);
    });
    return found;
  };
  geogrid.shapes = geogrid.unpacked(data);

  function times(n, make) {
    var made = [];
    for (var i = 0; i < n; i++) made.push(make());
    return made;
  }

  geogrid.pick = function (pair) {
    if (!pair) return "";
    return geogrid.lang === "zh" ? pair[0] : pair[1];
  };

  // A name in the other language may begin small ("medical"); as a label of its own it begins large.
  geogrid.title = function (pair) {
    var name = geogrid.pick(pair);
    return name.charAt(0).toUpperCase() + name.slice(1);
  };

  geogrid.fill = function (text, values) {
    return text.replace(/\{(\w+)\}/g, function (whole, name) {
      return values && name in values ? String(values[name]) : whole;
    });
  };

  geogrid.t = function (key, values) {
    return geogrid.fill(geogrid.pick(data.style.text[key]), values);
  };

  // h("p", {class: "note", onclick: f}, "text", child, [children], null)
  geogrid.h = function (tag, attributes) {
    var element = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (name) {
      var value = attributes[name];
      if (name.slice(0, 2) === "on") element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
    });
    append(element, Array.prototype.slice.call(arguments, 2));
    return element;
  };

  function append(element, children) {
    children.forEach(function (child) {
      if (Array.isArray(child)) append(element, child);
      else if (child instanceof Node) element.appendChild(child);
      else if (child !== null && child !== undefined && child !== "") element.appendChild(document.createTextNode(String(child)));
    });
  }

  geogrid.replace = function (element) {
    element.textContent = "";
    append(element, Array.prototype.slice.call(arguments, 1));
  };

  geogrid.byId = function (id) {
    return document.getElementById(id);
  };

  // How numbers are written.
  geogrid.number = function (value, digits) {
    var parts = Number(value).toFixed(digits || 0).split(".");
    parts[0] = parts[0].replace(/\B(?=(\d{3})+$)/g, ",");
    if (parts[1]) parts[1] = parts[1].replace(/0+$/, "");
    return parts[1] ? parts.join(".") : parts[0];
  };

  // A share in units of 1/10,000; a whole 100 % and 0 % are said only of shares that are exactly that.
  geogrid.percent = function (share) {
    if (share === 0 || share === 10000) return share / 100 + "%";
    if (share > 9990) return ">99.9%";
    if (share < 10) return "<0.1%";
    return (Math.round(share / 10) / 10).toFixed(1) + "%";
  };

  geogrid.distance = function (metres) {
    return metres < 1000
      ? geogrid.t("metres", { n: geogrid.number(metres, metres < 10 ? 2 : 0) })
      : geogrid.t("kilometres", { n: geogrid.number(metres / 1000, 2) });
  };

  geogrid.minutes = function (tenths) {
    return tenths === null ? geogrid.t("noPath") : geogrid.t("minutes", { n: geogrid.number(tenths / 10, 1) });
  };

  // A count that is missing is withheld or, where nothing is withheld, unknown.
  geogrid.count = function (value, hidden) {
    if (value !== null && value !== undefined) return geogrid.number(value);
    return hidden ? geogrid.t("withheld") : geogrid.t("unknown");
  };

  geogrid.classOf = function (share) {
    var shown = Math.round(share / 10);
    var found = 0;
    data.style.classes.forEach(function (row, i) {
      if (shown >= row.least) found = i;
    });
    return found;
  };
})();
