// Keys, taps and the size of the slide: the stage is always 1600 × 900 and grows or shrinks as a whole.
const WIDE = 1600, HIGH = 900;
const STEPS = {
  ArrowRight: (at) => at + 1, ArrowDown: (at) => at + 1, PageDown: (at) => at + 1, " ": (at) => at + 1, Enter: (at) => at + 1,
  ArrowLeft: (at) => at - 1, ArrowUp: (at) => at - 1, PageUp: (at) => at - 1, Backspace: (at) => at - 1,
  Home: () => 0, End: (at, last) => last,
};
const LEAVE = -1;
const PATIENCE_MS = 3000;
let wanted = null, asked = 0;
let stop = () => {}; // drawn anew at every picture: the listeners before must go, or one key would turn several pages

export default function (component) {
  const { data, setTriggerValue } = component;
  const root = document.documentElement.style;
  stop();
  // a picture on its way is not the one that was asked for last: quick keys count all the same
  if (wanted === null || data.at === wanted || Date.now() - asked > PATIENCE_MS) wanted = data.at;

  const fit = () => root.setProperty("--slide-k", Math.min(innerWidth / WIDE, innerHeight / HIGH));
  const go = (to) => {
    const place = Math.max(0, Math.min(data.last, to));
    if (place === wanted) return;
    wanted = place;
    asked = Date.now();
    setTriggerValue("go", place);
  };
  const leave = () => {
    if (document.fullscreenElement) document.exitFullscreen();
    wanted = null;
    setTriggerValue("go", LEAVE);
  };
  const pressed = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, textarea, select")) return;
    if (event.key in STEPS) go(STEPS[event.key](wanted, data.last));
    else if (event.key === "f" || event.key === "F") whole();
    else if (event.key === "s" || event.key === "S") window.open(data.speaker, "catchlight-speaker");
    else if (event.key === "Escape") leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const tapped = (event) => {
    const stage = event.target.closest?.(".st-key-slide");
    if (stage && !event.target.closest("a, button")) go(wanted + (event.clientX < innerWidth / 3 ? -1 : 1));
  };
  const back = () => { asked = 0; }; // the browser's own button: what it shows counts
  fit();
  addEventListener("resize", fit);
  addEventListener("keydown", pressed, true);
  addEventListener("click", tapped);
  addEventListener("popstate", back);
  stop = () => {
    removeEventListener("resize", fit);
    removeEventListener("keydown", pressed, true);
    removeEventListener("click", tapped);
    removeEventListener("popstate", back);
  };
  return () => stop();
}

function whole() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen().catch(() => {}); // a browser may refuse; the slide fills the window
}
