(function () {
  "use strict";
  var root = document.documentElement;

  function predict(form) {
    var asked = form.querySelector(".asked"), choice = form.querySelector(".choice");
    var answer = document.querySelector(".answer");
    form.hidden = false;
    root.classList.add("asking");

    function show(option) {
      root.classList.remove("asking");
      form.dataset.answered = "yes";
      asked.hidden = true;
      form.hidden = option === null;
      if (option !== null) {
        choice.querySelector("strong").textContent = option;
        choice.hidden = false;
      }
      answer.tabIndex = -1;
      answer.focus({ preventScroll: true });
    }

    form.addEventListener("click", function (event) {
      var button = event.target.closest("button");
      if (button) { show(button.hasAttribute("value") ? button.value : null); }
    });
    window.addEventListener("beforeprint", function () { root.classList.remove("asking"); });
    window.addEventListener("afterprint", function () {
      root.classList.toggle("asking", !form.dataset.answered);
    });
  }

  function contents(nav) {
    var wide = window.matchMedia("(min-width: 1100px)");
    var folded = nav.querySelector("details");
    function fold() { folded.open = wide.matches; }
    wide.addEventListener("change", fold);
    fold();
    nav.addEventListener("click", function (event) {
      if (event.target.closest("a") && !wide.matches) { folded.open = false; }
    });
    if (!("IntersectionObserver" in window)) { return; }
    var links = {}, inView = {};
    nav.querySelectorAll("a").forEach(function (link) {
      links[link.getAttribute("href").slice(1)] = link;
    });
    var parts = Object.keys(links).map(function (key) { return document.getElementById(key); });
    var observer = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) { inView[entry.target.id] = entry.isIntersecting; });
      var current = parts.find(function (part) { return inView[part.id]; });
      if (!current) { return; }
      Object.keys(links).forEach(function (key) {
        if (key === current.id) { links[key].setAttribute("aria-current", "location"); }
        else { links[key].removeAttribute("aria-current"); }
      });
    }, { rootMargin: "-10% 0px -70% 0px" });
    parts.forEach(function (part) { observer.observe(part); });
  }

  function reachable(box) {
    var overflows = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
    var part = box.closest("section, header"), title = part && part.querySelector("h1, h2");
    if (overflows) {
      box.tabIndex = 0;
      box.setAttribute("role", "group");  // a landmark would have to be unique
      if (title) { box.setAttribute("aria-label", title.textContent); }
    } else {
      box.removeAttribute("tabindex");
      box.removeAttribute("role");
      box.removeAttribute("aria-label");
    }
  }

  document.querySelectorAll("form.predict").forEach(predict);
  document.querySelectorAll("nav").forEach(contents);
  if ("ResizeObserver" in window) {
    var sizes = new ResizeObserver(function (entries) {
      entries.forEach(function (entry) { reachable(entry.target); });
    });
    document.querySelectorAll(".scroll, pre").forEach(function (box) { sizes.observe(box); });
  }
})();
