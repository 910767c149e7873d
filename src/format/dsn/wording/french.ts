import type { Catalogue } from './catalogue.ts'

export const french: Catalogue = {
  language: 'fr',
  subject: {
    failed: 'Non remis : votre message n’a pas pu être remis',
    delayed: 'Retardé : votre message n’a pas encore été remis',
    succeeded: 'Remis : votre message est arrivé',
  },
  message: { titled: 'Votre message « {subject} »', untitled: 'Votre message' },
  comma: ', ',
  failed: '{message} n’a pas été remis à {addresses}.',
  delayed: '{message} n’a pas encore été remis à {addresses}.',
  delivered: '{message} a été remis à {addresses}.',
  relayed: '{message} a été transmis au serveur de messagerie de {addresses}, qui n’envoie pas de confirmation.',
  expanded: '{message} a été remis à {addresses}, d’où il est redistribué.',
  untilWhen: 'Nous continuons à essayer jusqu’au {time}.',
  noAction: 'Vous n’avez pas besoin de le renvoyer.',
  triedUntil: 'Nous avons essayé à plusieurs reprises jusqu’au {time}.',
  details: 'Détails techniques',
  writtenTo: 'Vous avez écrit à {address}.',
  answered: 'Le serveur de messagerie {host} a répondu : {answer}',
  writtenBy: 'Ce rapport a été écrit automatiquement par le serveur de messagerie {host}.',
  causes: {
    unknownAddress: {
      cause: 'L’adresse {address} n’existe pas.',
      advice: 'Vérifiez son orthographe, ou demandez la bonne adresse au destinataire par un autre moyen.',
    },
    badAddress: {
      cause: 'L’adresse {address} n’est pas écrite correctement.',
      advice: 'Corrigez l’adresse et renvoyez le message.',
    },
    unknownDomain: {
      cause: 'Le domaine {domain} n’existe pas ou n’a pas de serveur de messagerie.',
      advice: 'Vérifiez l’orthographe de l’adresse après le signe @.',
    },
    noMail: {
      cause: 'Le domaine {domain} ne reçoit pas de courrier.',
      advice: 'Cherchez une autre adresse du destinataire.',
    },
    mailboxClosed: {
      cause: 'La boîte aux lettres {address} est fermée.',
      advice: 'Joignez le destinataire par un autre moyen.',
    },
    mailboxFull: {
      cause: 'La boîte aux lettres {address} est pleine.',
      advice: 'Renvoyez le message plus tard, ou prévenez le destinataire par un autre moyen.',
    },
    tooLarge: {
      cause: 'Le message est trop volumineux pour {address}.',
      advice: 'Envoyez-le sans pièces jointes volumineuses, par exemple avec un lien vers elles.',
    },
    refused: {
      cause:
        'Le serveur de messagerie de {address} a refusé le message, selon ses règles ou parce qu’il ressemble à du courrier indésirable.',
      advice:
        'Sa réponse ci-dessous en indique peut-être la raison. Si votre message est attendu, demandez au destinataire, par un autre moyen, de l’autoriser.',
    },
    senderRefused: {
      cause: 'Le serveur de messagerie de {address} ne fait pas confiance au courrier venant de votre adresse.',
      advice: 'Montrez ce rapport à l’administrateur de votre messagerie, qui peut y remédier.',
    },
    unreachable: {
      cause: 'Le serveur de messagerie de {address} n’a pas pu être joint.',
      advice: 'Renvoyez le message plus tard, ou joignez le destinataire par un autre moyen.',
    },
    busy: {
      cause: 'Le serveur de messagerie de {address} n’accepte pas le message pour le moment.',
      advice: 'Renvoyez le message plus tard, ou joignez le destinataire par un autre moyen.',
    },
    insecure: {
      cause: 'Il n’y avait pas de connexion assez sûre avec le serveur de messagerie de {address}.',
      advice: 'Joignez le destinataire par un autre moyen, ou montrez ce rapport à votre administrateur.',
    },
    tooLate: {
      cause: 'Le délai dans lequel le message devait parvenir à {address} est écoulé.',
      advice: 'Renvoyez-le avec un délai plus long, s’il est encore utile.',
    },
    loop: {
      cause: 'Le message pour {address} a tourné en rond entre des serveurs de messagerie.',
      advice:
        'Joignez le destinataire par un autre moyen : un transfert automatique de son courrier doit être corrigé.',
    },
    unsuitable: {
      cause: 'La messagerie de {address} ne peut pas traiter un message de ce genre.',
      advice: 'Envoyez-le sous une forme plus simple, par exemple depuis une adresse sans caractères spéciaux.',
    },
    other: {
      cause: 'Le serveur de messagerie de {address} n’a pas accepté le message.',
      advice: 'Sa réponse ci-dessous en indique peut-être la raison. Sinon, montrez ce rapport à votre administrateur.',
    },
  },
}
