import type { Catalogue } from './catalogue.ts'

export const italian: Catalogue = {
  language: 'it',
  subject: {
    failed: 'Non consegnato: il suo messaggio non ha potuto essere consegnato',
    delayed: 'In ritardo: il suo messaggio non è ancora stato consegnato',
    succeeded: 'Consegnato: il suo messaggio è arrivato',
  },
  message: { titled: 'Il suo messaggio «{subject}»', untitled: 'Il suo messaggio' },
  comma: ', ',
  failed: '{message} non è stato consegnato a {addresses}.',
  delayed: '{message} non è ancora stato consegnato a {addresses}.',
  delivered: '{message} è stato consegnato a {addresses}.',
  relayed: '{message} è stato passato al server di posta di {addresses}, che non invia conferme.',
  expanded: '{message} è stato consegnato a {addresses} e da lì viene inoltrato.',
  untilWhen: 'Continuiamo a provare fino al {time}.',
  noAction: 'Non occorre inviarlo di nuovo.',
  triedUntil: 'Abbiamo provato più volte fino al {time}.',
  details: 'Dettagli tecnici',
  writtenTo: 'Lei ha scritto a {address}.',
  answered: 'Il server di posta {host} ha risposto: {answer}',
  writtenBy: 'Questo rapporto è stato scritto automaticamente dal server di posta {host}.',
  causes: {
    unknownAddress: {
      cause: 'L’indirizzo {address} non esiste.',
      advice: 'Controlli come è scritto, o chieda al destinatario l’indirizzo giusto in un altro modo.',
    },
    badAddress: {
      cause: 'L’indirizzo {address} non è scritto correttamente.',
      advice: 'Corregga l’indirizzo e invii di nuovo il messaggio.',
    },
    unknownDomain: {
      cause: 'Il dominio {domain} non esiste o non ha un server di posta.',
      advice: 'Controlli come è scritto l’indirizzo dopo il segno @.',
    },
    noMail: {
      cause: 'Il dominio {domain} non riceve posta.',
      advice: 'Cerchi un altro indirizzo del destinatario.',
    },
    mailboxClosed: {
      cause: 'La casella {address} è chiusa.',
      advice: 'Contatti il destinatario in un altro modo.',
    },
    mailboxFull: {
      cause: 'La casella {address} è piena.',
      advice: 'Invii di nuovo il messaggio più tardi, o avvisi il destinatario in un altro modo.',
    },
    tooLarge: {
      cause: 'Il messaggio è troppo grande per {address}.',
      advice: 'Lo invii senza allegati grandi, per esempio con un collegamento ad essi.',
    },
    refused: {
      cause:
        'Il server di posta di {address} ha rifiutato il messaggio, per le sue regole o perché sembra posta indesiderata.',
      advice:
        'La sua risposta qui sotto forse ne dice il motivo. Se il messaggio è atteso, chieda al destinatario in un altro modo di ammetterlo.',
    },
    senderRefused: {
      cause: 'Il server di posta di {address} non si fida della posta che viene dal suo indirizzo.',
      advice: 'Mostri questo rapporto all’amministratore della sua posta, che può rimediare.',
    },
    unreachable: {
      cause: 'Il server di posta di {address} non era raggiungibile.',
      advice: 'Invii di nuovo il messaggio più tardi, o contatti il destinatario in un altro modo.',
    },
    busy: {
      cause: 'Il server di posta di {address} al momento non accetta il messaggio.',
      advice: 'Invii di nuovo il messaggio più tardi, o contatti il destinatario in un altro modo.',
    },
    insecure: {
      cause: 'Non c’era una connessione abbastanza sicura con il server di posta di {address}.',
      advice: 'Contatti il destinatario in un altro modo, o mostri questo rapporto al suo amministratore.',
    },
    tooLate: {
      cause: 'Il tempo entro il quale il messaggio doveva arrivare a {address} è scaduto.',
      advice: 'Lo invii di nuovo con più tempo, se è ancora utile.',
    },
    loop: {
      cause: 'Il messaggio per {address} ha girato in tondo fra server di posta.',
      advice: 'Contatti il destinatario in un altro modo: un inoltro della sua posta va corretto.',
    },
    unsuitable: {
      cause: 'Il sistema di posta di {address} non può trattare un messaggio di questo tipo.',
      advice: 'Lo invii in una forma più semplice, per esempio da un indirizzo senza caratteri speciali.',
    },
    other: {
      cause: 'Il server di posta di {address} non ha accettato il messaggio.',
      advice:
        'La sua risposta qui sotto forse ne dice il motivo. Altrimenti mostri questo rapporto al suo amministratore.',
    },
  },
}
