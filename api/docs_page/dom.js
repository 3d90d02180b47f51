// DOM elements, and the subset of Markdown that the document uses. Text reaches the page as text nodes only.

export function el(tagAndClass, ...content) {
  const [tag, className = ""] = tagAndClass.split(".");
  const attributes = content[0]?.constructor === Object && content.shift();
  const made = Object.assign(document.createElement(tag), { className }, attributes);
  made.append(...content.flat(2).filter(child => child || child === 0));
  return made;
}

// Render paragraphs, lists and `code`.
export function prose(text = "") {
  return text.split(/\n{2,}/).filter(Boolean).map(block => {
    const lines = block.split("\n");
    return lines.every(line => line.startsWith("- "))
      ? el("ul", lines.map(line => el("li", inline(line.slice(2)))))
      : el("p", inline(lines.join(" ")));
  });
}

export function inline(text) {
  return text.split("`").map((part, turn) => (turn % 2 ? el("code", part) : part));
}

export function block(text) {
  return el("pre", { tabIndex: 0 }, el("code", text));
}
