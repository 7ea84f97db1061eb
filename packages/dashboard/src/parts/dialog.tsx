import type { ComponentChildren, TargetedMouseEvent, VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/**
 * A dialog over the page: what is behind it cannot be reached, Esc closes it, and the focus goes back to where it was.
 * All of that is the browser's own.
 */
export function Dialog({
  title,
  onClose,
  children,
  wide = false,
}: {
  title: ComponentChildren;
  onClose: () => void;
  children: ComponentChildren;
  wide?: boolean;
}): VNode {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opener = document.activeElement;
    element.current?.showModal();
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  const closeByBackdrop = (event: TargetedMouseEvent<HTMLDialogElement>): void => {
    if (event.target === event.currentTarget) onClose();
  };
  return (
    <dialog
      ref={element}
      class={wide ? 'dialog wide' : 'dialog'}
      aria-labelledby="dialog-title"
      onClose={onClose}
      onMouseDown={closeByBackdrop}
    >
      <div class="dialog-body">
        <h2 id="dialog-title">{title}</h2>
        {children}
      </div>
    </dialog>
  );
}
