import type { Question } from "./faq";

export function QuestionItem({ item, open, onToggle }: { item: Question; open: boolean; onToggle: () => void }) {
  return (
    <article>
      <button aria-expanded={open} onClick={onToggle}>
        {item.question}
      </button>
      {open && <p>{item.answer}</p>}
    </article>
  );
}
