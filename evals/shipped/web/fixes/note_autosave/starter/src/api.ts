export async function saveNote(id: string, text: string): Promise<number> {
  const response = await fetch(`/api/notes/${id}`, { method: "PUT", body: JSON.stringify({ text }) });
  const { version } = await response.json().catch(() => ({ version: 0 }));
  return version;
}
