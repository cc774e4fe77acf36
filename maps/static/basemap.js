// Tiles under the map, where the page was made with some; they are pictures of another map and say whose.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var basemap = geogrid.data.basemap;

  geogrid.addBasemap = function (map) {
    if (!basemap) return;
    map.createPane("base").style.zIndex = 150;
    basemap.urls.forEach(function (url) {
      L.tileLayer(url, { pane: "base", maxNativeZoom: basemap.deepest, maxZoom: map.getMaxZoom(), noWrap: true }).addTo(map);
    });
  };
  geogrid.basemapTold = function () { return basemap ? basemap.told[geogrid.lang === "zh" ? 0 : 1] : ""; };
})();
