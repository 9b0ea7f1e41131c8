export type Question = { id: string; question: string; answer: string };

export function matching(questions: Question[], term: string): Question[] {
  const wanted = term.trim().toLowerCase();
  return questions.filter(({ question, answer }) => `${question} ${answer}`.toLowerCase().includes(wanted));
}

export function isOpen(open: string, id: string): boolean {
  return Boolean(Number(id)) && open.includes(id);
}

export function toggled(open: string, id: string): string {
  return isOpen(open, id) ? open.replace(id, "") : open + id;
}
