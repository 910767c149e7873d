import type { Catalogue } from './catalogue.ts'

export const dutch: Catalogue = {
  language: 'nl',
  subject: {
    failed: 'Niet bezorgd: uw bericht kon niet worden bezorgd',
    delayed: 'Vertraagd: uw bericht is nog niet bezorgd',
    succeeded: 'Bezorgd: uw bericht is aangekomen',
  },
  message: { titled: 'Uw bericht ‘{subject}’', untitled: 'Uw bericht' },
  comma: ', ',
  failed: '{message} is niet bezorgd bij {addresses}.',
  delayed: '{message} is nog niet bezorgd bij {addresses}.',
  delivered: '{message} is bezorgd bij {addresses}.',
  relayed: '{message} is doorgegeven aan de mailserver voor {addresses}, die geen bevestigingen stuurt.',
  expanded: '{message} is bezorgd bij {addresses} en wordt van daaruit doorgestuurd.',
  untilWhen: 'We blijven het proberen tot {time}.',
  noAction: 'U hoeft het niet opnieuw te versturen.',
  triedUntil: 'We hebben het tot {time} steeds opnieuw geprobeerd.',
  details: 'Technische gegevens',
  writtenTo: 'U schreef aan {address}.',
  answered: 'De mailserver {host} antwoordde: {answer}',
  writtenBy: 'Dit verslag is automatisch geschreven door de mailserver {host}.',
  causes: {
    unknownAddress: {
      cause: 'Het adres {address} bestaat niet.',
      advice: 'Controleer hoe het is gespeld, of vraag de ontvanger op een andere manier om het juiste adres.',
    },
    badAddress: {
      cause: 'Het adres {address} is niet juist geschreven.',
      advice: 'Verbeter het adres en verstuur het bericht opnieuw.',
    },
    unknownDomain: {
      cause: 'Het domein {domain} bestaat niet of heeft geen mailserver.',
      advice: 'Controleer hoe het adres na het @-teken is gespeld.',
    },
    noMail: {
      cause: 'Het domein {domain} ontvangt geen e-mail.',
      advice: 'Zoek een ander adres van de ontvanger.',
    },
    mailboxClosed: {
      cause: 'Het postvak {address} is gesloten.',
      advice: 'Bereik de ontvanger op een andere manier.',
    },
    mailboxFull: {
      cause: 'Het postvak {address} is vol.',
      advice: 'Verstuur het bericht later opnieuw, of laat het de ontvanger op een andere manier weten.',
    },
    tooLarge: {
      cause: 'Het bericht is te groot voor {address}.',
      advice: 'Verstuur het zonder grote bijlagen, bijvoorbeeld met een link ernaar.',
    },
    refused: {
      cause: 'De mailserver voor {address} weigerde het bericht, volgens zijn regels of omdat het op spam lijkt.',
      advice:
        'Zijn antwoord hieronder zegt misschien waarom. Is uw bericht gewenst, vraag de ontvanger dan op een andere manier om het toe te laten.',
    },
    senderRefused: {
      cause: 'De mailserver voor {address} vertrouwt e-mail van uw adres niet.',
      advice: 'Laat dit verslag zien aan de beheerder van uw eigen e-mail, die dat kan verhelpen.',
    },
    unreachable: {
      cause: 'De mailserver voor {address} was niet te bereiken.',
      advice: 'Verstuur het bericht later opnieuw, of bereik de ontvanger op een andere manier.',
    },
    busy: {
      cause: 'De mailserver voor {address} neemt het bericht op dit moment niet aan.',
      advice: 'Verstuur het bericht later opnieuw, of bereik de ontvanger op een andere manier.',
    },
    insecure: {
      cause: 'Er was geen verbinding met de mailserver voor {address} die veilig genoeg is.',
      advice: 'Bereik de ontvanger op een andere manier, of laat dit verslag zien aan uw beheerder.',
    },
    tooLate: {
      cause: 'De tijd waarbinnen het bericht {address} moest bereiken, is voorbij.',
      advice: 'Verstuur het opnieuw met meer tijd, als het nog nut heeft.',
    },
    loop: {
      cause: 'Het bericht aan {address} ging in een kring rond tussen mailservers.',
      advice: 'Bereik de ontvanger op een andere manier: een doorstuurregel van diens e-mail moet worden verbeterd.',
    },
    unsuitable: {
      cause: 'Het mailsysteem van {address} kan niet overweg met dit soort bericht.',
      advice: 'Verstuur het in een eenvoudiger vorm, bijvoorbeeld vanaf een adres zonder bijzondere tekens.',
    },
    other: {
      cause: 'De mailserver voor {address} nam het bericht niet aan.',
      advice: 'Zijn antwoord hieronder zegt misschien waarom. Zo niet, laat dit verslag dan zien aan uw beheerder.',
    },
  },
}
