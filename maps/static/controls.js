// What every map shares: its buttons and scale, and whether a place lies in a shape.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var t = geogrid.t, h = geogrid.h;
  var buttons = {};

  geogrid.addControls = function (map, fit) {
    var Buttons = L.Control.extend({
      options: { position: "bottomright" },
      onAdd: function () {
        buttons.zoomIn = h("button", { type: "button", onclick: function () { map.zoomIn(); } }, "+");
        buttons.zoomOut = h("button", { type: "button", onclick: function () { map.zoomOut(); } }, "−");
        buttons.fit = h("button", { type: "button", class: "fit", onclick: fit }, h("i", { "aria-hidden": "true" }));
        var box = h("div", { class: "buttons" }, buttons.zoomIn, buttons.zoomOut, buttons.fit);
        L.DomEvent.disableClickPropagation(box);
        return box;
      },
    });
    L.control.scale({ position: "bottomright", imperial: false, maxWidth: 120 }).addTo(map);
    new Buttons().addTo(map);
  };
  geogrid.nameControls = function () {
    Object.keys(buttons).forEach(function (key) {
      buttons[key].setAttribute("aria-label", t(key));
      buttons[key].title = t(key);
    });
  };

  // Every ring that is crossed on the way out turns the answer round, so a hole is outside.
  geogrid.inside = function (polygons, place) {
    var within = false;
    polygons.forEach(function (rings) {
      rings.forEach(function (ring) {
        for (var i = 0, j = ring.length - 1; i < ring.length; j = i++) {
          var a = ring[i], b = ring[j];
          if (a[0] > place.lat !== b[0] > place.lat && place.lng < ((b[1] - a[1]) * (place.lat - a[0])) / (b[0] - a[0]) + a[1]) within = !within;
        }
      });
    });
    return within;
  };
})();
