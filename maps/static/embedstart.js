// The last script of an embedded map: draws what has come, and the rest when it comes.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var data = geogrid.data;

  // Whether a grid was chosen, which is shown instead of everything.
  geogrid.begin = function (chosen) {
    var map = geogrid.map("map");
    data.style.layers.forEach(function (layer) { geogrid.layer(map, layer.key); });
    geogrid.start(map);
    if (chosen.when === "later") geogrid.set({ when: "later" });
    var grid = data.layers.grids.id.indexOf(chosen.grid);
    if (grid >= 0) geogrid.choose("grids", grid, { zoom: true });
    return grid >= 0;
  };

  // Streets and counts, and where the first borders were coarse the fine ones.
  geogrid.addRest = function (rest) {
    var map = geogrid.leaflet;
    Object.assign(data.layers.grids, rest.layers.grids);
    data.layers.streets = rest.layers.streets;
    if (rest.arcs) Object.assign(geogrid.shapes, geogrid.unpacked(rest));
    // Drawn anew, borders after streets.
    ["grids", "streets", "areas"].forEach(function (key) {
      if (geogrid.groups[key]) geogrid.groups[key].remove();
      geogrid.layer(map, key);
    });
    geogrid.show(geogrid.state.layers);
    geogrid.restyle();
    geogrid.set({});
    document.body.setAttribute("data-whole", "true");
  };
})();
