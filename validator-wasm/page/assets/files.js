// Files as they are chosen or dropped, folders too.

/** More than anybody looks through at once. */
export const FILES_MAX = 10_000;

/** Longest file in bytes: what the validator takes. */
export const FILE_BYTES_MAX = 64 * 1024 * 1024;

/** The files of a drop, with those in folders, each with the path that it had there; at most one more than is taken. */
export async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (entries.length === 0) {
    return [...transfer.files].map((file) => ({ name: file.name, file }));
  }
  const found = [];
  for (const entry of entries) {
    await walk(entry, found);
  }
  return found;
}

async function walk(entry, found) {
  if (FILES_MAX < found.length) {
    return;
  }
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    found.push({ name: entry.fullPath.replace(/^\//, ""), file });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    // A reader gives a part of the folder at a time, and nothing at its end.
    const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0) {
      return;
    }
    for (const inside of part) {
      await walk(inside, found);
    }
  }
}

/** The text of a code list, a profile or messages; nothing where the bytes are something else. */
export function part(bytes) {
  const start = new TextDecoder().decode(bytes.slice(0, 80));
  return /^# (list|adds-to|profile|language): /.test(start) ? new TextDecoder().decode(bytes) : undefined;
}

/** Hands a text to the person as a file. */
export function save(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
