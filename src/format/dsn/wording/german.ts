import type { Catalogue } from './catalogue.ts'

export const german: Catalogue = {
  language: 'de',
  subject: {
    failed: 'Nicht zugestellt: Ihre Nachricht konnte nicht zugestellt werden',
    delayed: 'Verspätet: Ihre Nachricht wurde noch nicht zugestellt',
    succeeded: 'Zugestellt: Ihre Nachricht ist angekommen',
  },
  message: { titled: 'Ihre Nachricht „{subject}“', untitled: 'Ihre Nachricht' },
  comma: ', ',
  failed: '{message} wurde nicht zugestellt an {addresses}.',
  delayed: '{message} wurde noch nicht zugestellt an {addresses}.',
  delivered: '{message} wurde zugestellt an {addresses}.',
  relayed: '{message} wurde an den Mailserver für {addresses} weitergegeben, der keine Bestätigungen schickt.',
  expanded: '{message} wurde zugestellt an {addresses} und wird von dort weiterverteilt.',
  untilWhen: 'Wir versuchen es weiter bis {time}.',
  noAction: 'Sie müssen sie nicht noch einmal senden.',
  triedUntil: 'Wir haben es bis {time} immer wieder versucht.',
  details: 'Technische Angaben',
  writtenTo: 'Sie haben an {address} geschrieben.',
  answered: 'Der Mailserver {host} antwortete: {answer}',
  writtenBy: 'Dieser Bericht wurde vom Mailserver {host} automatisch geschrieben.',
  causes: {
    unknownAddress: {
      cause: 'Die Adresse {address} gibt es nicht.',
      advice: 'Prüfen Sie die Schreibweise, oder erfragen Sie die richtige Adresse auf anderem Weg.',
    },
    badAddress: {
      cause: 'Die Adresse {address} ist nicht richtig geschrieben.',
      advice: 'Berichtigen Sie die Adresse, und senden Sie die Nachricht noch einmal.',
    },
    unknownDomain: {
      cause: 'Die Domain {domain} gibt es nicht, oder sie hat keinen Mailserver.',
      advice: 'Prüfen Sie die Schreibweise der Adresse nach dem @-Zeichen.',
    },
    noMail: {
      cause: 'Die Domain {domain} empfängt keine E-Mail.',
      advice: 'Suchen Sie nach einer anderen Adresse der Person.',
    },
    mailboxClosed: {
      cause: 'Das Postfach {address} ist geschlossen.',
      advice: 'Wenden Sie sich auf anderem Weg an die Person.',
    },
    mailboxFull: {
      cause: 'Das Postfach {address} ist voll.',
      advice: 'Senden Sie die Nachricht später noch einmal, oder sagen Sie auf anderem Weg Bescheid.',
    },
    tooLarge: {
      cause: 'Die Nachricht ist zu groß für {address}.',
      advice: 'Senden Sie sie ohne große Anhänge, zum Beispiel mit einem Link darauf.',
    },
    refused: {
      cause:
        'Der Mailserver für {address} hat die Nachricht abgelehnt, nach seinen Regeln oder weil sie wie Spam aussieht.',
      advice:
        'Seine Antwort unten nennt vielleicht den Grund. Ist Ihre Nachricht erwünscht, so bitten Sie auf anderem Weg darum, dass sie zugelassen wird.',
    },
    senderRefused: {
      cause: 'Der Mailserver für {address} vertraut E-Mail von Ihrer Adresse nicht.',
      advice: 'Zeigen Sie diesen Bericht der Person, die Ihren Mailserver verwaltet: Sie kann das beheben.',
    },
    unreachable: {
      cause: 'Der Mailserver für {address} war nicht zu erreichen.',
      advice: 'Senden Sie die Nachricht später noch einmal, oder wenden Sie sich auf anderem Weg an die Person.',
    },
    busy: {
      cause: 'Der Mailserver für {address} nimmt die Nachricht zurzeit nicht an.',
      advice: 'Senden Sie die Nachricht später noch einmal, oder wenden Sie sich auf anderem Weg an die Person.',
    },
    insecure: {
      cause: 'Zum Mailserver für {address} gab es keine Verbindung, die sicher genug ist.',
      advice:
        'Wenden Sie sich auf anderem Weg an die Person, oder zeigen Sie diesen Bericht der Person, die Ihren Mailserver verwaltet.',
    },
    tooLate: {
      cause: 'Die Frist, in der die Nachricht {address} erreichen sollte, ist abgelaufen.',
      advice: 'Senden Sie sie mit einer längeren Frist noch einmal, wenn sie noch von Nutzen ist.',
    },
    loop: {
      cause: 'Die Nachricht an {address} wurde zwischen Mailservern im Kreis geschickt.',
      advice: 'Wenden Sie sich auf anderem Weg an die Person: Eine Weiterleitung ihrer E-Mail muss berichtigt werden.',
    },
    unsuitable: {
      cause: 'Das Mailsystem von {address} kann mit einer Nachricht dieser Art nicht umgehen.',
      advice: 'Senden Sie sie in einfacherer Form, zum Beispiel von einer Adresse ohne Sonderzeichen.',
    },
    other: {
      cause: 'Der Mailserver für {address} hat die Nachricht nicht angenommen.',
      advice:
        'Seine Antwort unten nennt vielleicht den Grund. Wenn nicht, zeigen Sie diesen Bericht der Person, die Ihren Mailserver verwaltet.',
    },
  },
}
