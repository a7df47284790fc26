() => {
  const parse = (text) => text.match(/[\d.]+/g).map(Number);
  const light = ([red, green, blue]) => [red, green, blue]
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = parse(getComputedStyle(each).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) { return colour; }
    }
    return [255, 255, 255];
  };
  const faint = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || ["SCRIPT", "STYLE"].includes(element.tagName) || !element.checkVisibility()) { continue; }
    const [dim, bright] = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((one, other) => one - other);
    const ratio = (bright + 0.05) / (dim + 0.05);
    if (ratio < 4.5) { faint.add(`${element.tagName}.${element.className} ${ratio.toFixed(2)} ${walk.currentNode.data.trim().slice(0, 30)}`); }
  }
  return [...faint];
}
