// The last script of an embedded map of a place: draws what has come, and the rest when it comes.
(function () {
  "use strict";
  var geogrid = window.geogrid;
  var data = geogrid.data;

  // What an earlier theme has too is said once.
  data.themes.forEach(function (theme) {
    if (!("like" in theme)) return;
    theme.ids = data.themes[theme.like].ids;
    theme.names = data.themes[theme.like].names;
  });
  data.themes.forEach(function (theme) {
    theme.value = theme.times.map(function () { return []; });
    theme.advice = theme.value;
  });

  // Whether a grid was chosen, which is shown instead of everything.
  geogrid.begin = function (chosen) {
    geogrid.start();
    var wanted = {}, theme = data.themes.findIndex(function (each) { return each.id === chosen.service; });
    if (theme >= 0) wanted.theme = theme;
    if (chosen.when === "later") wanted.time = laterOf(data.themes[Math.max(theme, 0)]);
    geogrid.set(wanted);
    geogrid.fit();
    var grid = geogrid.theme().ids.indexOf(chosen.grid);
    if (grid >= 0) geogrid.choose(grid, { zoom: true });
    return grid >= 0;
  };
  function laterOf(theme) {
    return Math.max(0, theme.times.findIndex(function (time) { return time.id === "later"; }));
  }

  // Streets and what is said of each feature, and where the first borders were coarse the fine ones.
  geogrid.addRest = function (rest) {
    data.texts = rest.texts;
    data.layers.streets = rest.layers.streets;
    rest.themes.forEach(function (theme, i) { Object.assign(data.themes[i], theme); });
    if (rest.arcs) Object.assign(geogrid.shapes, geogrid.unpacked(rest));
    geogrid.drawAnew();
    geogrid.set({});
    document.body.setAttribute("data-whole", "true");
  };
})();
