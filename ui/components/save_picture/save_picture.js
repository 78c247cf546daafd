// Saves the chart on the page as a PNG: its own SVG layers, under its title, drawn by this browser alone.
const SCALE = 2, EDGE = 24, NS = "http://www.w3.org/2000/svg";

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const button = parentElement.querySelector("button");
  const status = parentElement.querySelector("p");
  button.setAttribute("aria-label", data.words.save);
  button.onclick = async () => {
    button.disabled = true;
    status.textContent = "";
    try {
      save(await picture(data), data.file);
      setTriggerValue("saved", true); // the server puts it on the log
    } catch (error) {
      status.textContent = data.words.failed.replace("{reason}", () => error.message);
    } finally {
      button.disabled = false;
    }
  };
}

async function picture(data) {
  const chart = document.querySelector(`.st-key-${CSS.escape(data.chart)} .js-plotly-plot`);
  if (!chart) throw new Error(data.words.hidden);
  const { width, height } = chart.getBoundingClientRect();
  const family = getComputedStyle(chart.querySelector("text") ?? chart).fontFamily;
  const room = Math.max(width, 320);
  const heads = [
    ...wrapped(data.title, 22, 600, data.ink, family, room),
    ...wrapped(data.subtitle, 15, 400, data.caption, family, room),
  ];
  const feet = wrapped(data.source, 13, 400, data.caption, family, room);
  const top = EDGE + tall(heads) + 10;
  const whole = { width: Math.round(room + 2 * EDGE), height: Math.round(top + height + 8 + tall(feet) + EDGE) };

  const page = element("svg", { ...whole, viewBox: `0 0 ${whole.width} ${whole.height}`, xmlns: NS });
  const style = element("style", {});
  style.textContent = await fontFace();
  page.append(style, element("rect", { ...whole, fill: data.page }));
  place(page, heads, EDGE);
  for (const layer of chart.querySelectorAll(".main-svg")) page.append(copied(layer, chart, top));
  place(page, feet, top + height + 8);
  return drawn(page, whole, data.words);
}

// A layer where it lies on the page, without what only a pointer needs.
function copied(layer, chart, top) {
  const from = chart.getBoundingClientRect(), at = layer.getBoundingClientRect();
  const copy = layer.cloneNode(true);
  for (const node of copy.querySelectorAll(".hoverlayer, .selectionlayer, .outline-controllers, .select-outline")) node.remove();
  copy.removeAttribute("style");
  // made for a screen that does not scale: lines would stay thin and the cells of a heat map would blur
  for (const node of copy.querySelectorAll('[style*="vector-effect"]')) node.style.vectorEffect = "none";
  for (const node of copy.querySelectorAll("image")) node.style.imageRendering = "pixelated";
  for (const [name, value] of Object.entries({ x: EDGE + at.left - from.left, y: top + at.top - from.top, width: at.width, height: at.height }))
    copy.setAttribute(name, value);
  // Plotly may point to its clips by the page's whole address, which a picture of its own does not have
  for (const node of copy.querySelectorAll("[clip-path], [fill^='url'], [mask]"))
    for (const name of ["clip-path", "fill", "mask"]) {
      const value = node.getAttribute(name);
      if (value?.startsWith("url(")) node.setAttribute(name, value.replace(/url\(["']?[^#]*(#[^"')]+)["']?\)/, "url($1)"));
    }
  return copy;
}

// Lines of words no wider than the picture.
function wrapped(words, size, weight, fill, family, room) {
  const measure = document.createElement("canvas").getContext("2d");
  measure.font = `${weight} ${size}px ${family}`;
  const lines = [];
  let line = "";
  // 18 % is one word: only ordinary blanks may part a line
  for (const word of words.split(/[ \t\n]+/).filter(Boolean)) {
    const longer = line ? `${line} ${word}` : word;
    if (line && measure.measureText(longer).width > room) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  if (line) lines.push(line);
  return lines.map((text) => ({ text, size, weight, fill, family }));
}

const tall = (lines) => lines.reduce((sum, { size }) => sum + size * 1.35, 0);

function place(page, lines, y) {
  for (const { text, size, weight, fill, family } of lines) {
    const node = element("text", { x: EDGE, y: y + size, fill, "font-size": size, "font-weight": weight });
    node.style.fontFamily = family;
    node.textContent = text;
    page.append(node);
    y += size * 1.35;
  }
}

// The page's own font travels inside the picture: an image may not ask for files.
async function fontFace() {
  const link = document.querySelector('link[rel="preload"][as="font"]');
  if (!link) return "";
  const answer = await fetch(link.href);
  if (!answer.ok) return "";
  const coded = await asUrl(await answer.blob());
  return `@font-face { font-family: "Source Sans"; font-weight: 200 900; src: url("${coded}"); }`;
}

const asUrl = (blob) =>
  new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(blob);
  });

async function drawn(page, { width, height }, words) {
  const image = new Image();
  image.src = await asUrl(new Blob([new XMLSerializer().serializeToString(page)], { type: "image/svg+xml" }));
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = width * SCALE;
  canvas.height = height * SCALE;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, failed) =>
    canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error(words.empty))), "image/png"),
  );
}

function element(name, attributes) {
  const node = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) if (key !== "xmlns") node.setAttribute(key, value);
  return node;
}

function save(blob, file) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = file;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
