// DOM elements, and the subset of Markdown that the document uses. Text reaches the page as text nodes only.

export function el(tag, attributes = {}, ...children) {
  const { data = {}, ...others } = attributes;
  const made = Object.assign(document.createElement(tag), others);
  Object.assign(made.dataset, data);
  made.append(...children.flat(2).filter((child) => child !== null && child !== undefined));
  return made;
}

// Render paragraphs, lists and `code`.
export function prose(text = '') {
  return text.split(/\n{2,}/).filter(Boolean).map((block) => {
    const lines = block.split('\n');
    return lines.every((line) => line.startsWith('- '))
      ? el('ul', {}, lines.map((line) => el('li', {}, inline(line.slice(2)))))
      : el('p', {}, inline(lines.join(' ')));
  });
}

export function inline(text) {
  return text.split('`').map((part, turn) => (turn % 2 ? el('code', {}, part) : part));
}

export function block(text) {
  return el('pre', { tabIndex: 0 }, el('code', {}, text));
}
