import type { Catalogue } from './catalogue.ts'

export const spanish: Catalogue = {
  language: 'es',
  subject: {
    failed: 'No entregado: su mensaje no se pudo entregar',
    delayed: 'Retrasado: su mensaje aún no se ha entregado',
    succeeded: 'Entregado: su mensaje ha llegado',
  },
  message: { titled: 'Su mensaje «{subject}»', untitled: 'Su mensaje' },
  comma: ', ',
  failed: '{message} no se ha entregado a {addresses}.',
  delayed: '{message} aún no se ha entregado a {addresses}.',
  delivered: '{message} se ha entregado a {addresses}.',
  relayed: '{message} se ha pasado al servidor de correo de {addresses}, que no envía confirmaciones.',
  expanded: '{message} se ha entregado a {addresses} y desde allí se reenvía.',
  untilWhen: 'Seguimos intentándolo hasta {time}.',
  noAction: 'No hace falta que lo envíe otra vez.',
  triedUntil: 'Lo hemos intentado una y otra vez hasta {time}.',
  details: 'Detalles técnicos',
  writtenTo: 'Usted escribió a {address}.',
  answered: 'El servidor de correo {host} respondió: {answer}',
  writtenBy: 'Este informe lo ha escrito automáticamente el servidor de correo {host}.',
  causes: {
    unknownAddress: {
      cause: 'La dirección {address} no existe.',
      advice: 'Compruebe cómo está escrita, o pida la dirección correcta al destinatario por otro medio.',
    },
    badAddress: {
      cause: 'La dirección {address} no está bien escrita.',
      advice: 'Corrija la dirección y envíe el mensaje otra vez.',
    },
    unknownDomain: {
      cause: 'El dominio {domain} no existe o no tiene servidor de correo.',
      advice: 'Compruebe cómo está escrita la dirección después del signo @.',
    },
    noMail: {
      cause: 'El dominio {domain} no recibe correo.',
      advice: 'Busque otra dirección del destinatario.',
    },
    mailboxClosed: {
      cause: 'El buzón {address} está cerrado.',
      advice: 'Contacte con el destinatario por otro medio.',
    },
    mailboxFull: {
      cause: 'El buzón {address} está lleno.',
      advice: 'Envíe el mensaje otra vez más tarde, o avise al destinatario por otro medio.',
    },
    tooLarge: {
      cause: 'El mensaje es demasiado grande para {address}.',
      advice: 'Envíelo sin archivos adjuntos grandes, por ejemplo con un enlace a ellos.',
    },
    refused: {
      cause: 'El servidor de correo de {address} rechazó el mensaje, por sus reglas o porque parece correo no deseado.',
      advice:
        'Puede que su respuesta, más abajo, diga el motivo. Si su mensaje es esperado, pida al destinatario por otro medio que lo admita.',
    },
    senderRefused: {
      cause: 'El servidor de correo de {address} no se fía del correo que viene de su dirección.',
      advice: 'Muestre este informe al administrador de su correo, que puede corregirlo.',
    },
    unreachable: {
      cause: 'No se pudo contactar con el servidor de correo de {address}.',
      advice: 'Envíe el mensaje otra vez más tarde, o contacte con el destinatario por otro medio.',
    },
    busy: {
      cause: 'El servidor de correo de {address} no acepta el mensaje por el momento.',
      advice: 'Envíe el mensaje otra vez más tarde, o contacte con el destinatario por otro medio.',
    },
    insecure: {
      cause: 'No hubo una conexión lo bastante segura con el servidor de correo de {address}.',
      advice: 'Contacte con el destinatario por otro medio, o muestre este informe a su administrador.',
    },
    tooLate: {
      cause: 'Ha pasado el plazo en que el mensaje debía llegar a {address}.',
      advice: 'Envíelo otra vez con un plazo mayor, si todavía es útil.',
    },
    loop: {
      cause: 'El mensaje para {address} dio vueltas en círculo entre servidores de correo.',
      advice: 'Contacte con el destinatario por otro medio: hay que corregir un reenvío de su correo.',
    },
    unsuitable: {
      cause: 'El sistema de correo de {address} no puede tratar un mensaje de este tipo.',
      advice: 'Envíelo de forma más sencilla, por ejemplo desde una dirección sin caracteres especiales.',
    },
    other: {
      cause: 'El servidor de correo de {address} no aceptó el mensaje.',
      advice: 'Puede que su respuesta, más abajo, diga el motivo. Si no, muestre este informe a su administrador.',
    },
  },
}
