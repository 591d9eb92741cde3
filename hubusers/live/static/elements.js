// Elements of the page. Whatever comes from outside goes in as text, never as HTML.

export const byId = (id) => document.getElementById(id);

export function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

const shown = {};

// Whether something is not what was shown before: what stays is left alone, so that it can be selected and read aloud.
export function changed(what, value) {
  const text = JSON.stringify(value);
  if (shown[what] === text) return false;
  shown[what] = text;
  return true;
}

// A text of ours in which `code` and *emphasis* are marked. What is quoted, “as this”, is somebody else's, and has no marks.
export function marked(tag, text) {
  const made = element(tag);
  for (const part of text.split(/(“[^”]*”|`[^`]+`|(?<!\w)\*[^*\s](?:[^*]*[^*\s])?\*(?!\w))/)) {
    const name = { "`": "code", "*": "em" }[part.length > 2 && part.at(0) === part.at(-1) ? part[0] : ""];
    made.append(name ? breakable(name, part.slice(1, -1)) : part);
  }
  return made;
}

// A text without spaces, such as a path or the name of an option, which may be broken where its parts end.
export function breakable(tag, text, className = "") {
  const made = element(tag, "", className);
  for (const part of text.split(/(?<=[./_=-])/)) made.append(part, element("wbr"));
  return made;
}

// A table with columns such as ["Count", "number"]; a cell is a text or an element. It scrolls by keyboard where it is
// wider than the page. In narrow windows each cell says its column.
export function table(label, columns, rows) {
  const made = element("table");
  const head = element("tr");
  for (const [name, className] of columns) {
    const cell = element("th", name, className);
    cell.scope = "col";
    head.append(cell);
  }
  made.createTHead().append(head);
  const body = made.createTBody();
  for (const cells of rows) {
    const row = body.insertRow();
    cells.forEach((content, at) => {
      const cell = row.insertCell();
      cell.append(content);
      cell.dataset.column = columns[at][0];
      if (columns[at][1]) cell.className = columns[at][1];
    });
  }
  const paper = element("div", "", "paper");
  paper.tabIndex = 0;
  paper.role = "region";
  paper.ariaLabel = label;
  paper.append(made);
  return paper;
}
