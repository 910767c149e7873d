import type { Catalogue } from './catalogue.ts'

export const polish: Catalogue = {
  language: 'pl',
  subject: {
    failed: 'Niedoręczona: Twojej wiadomości nie udało się doręczyć',
    delayed: 'Opóźniona: Twoja wiadomość nie została jeszcze doręczona',
    succeeded: 'Doręczona: Twoja wiadomość dotarła',
  },
  message: { titled: 'Twoja wiadomość „{subject}”', untitled: 'Twoja wiadomość' },
  comma: ', ',
  failed: '{message} nie została doręczona na adres {addresses}.',
  delayed: '{message} nie została jeszcze doręczona na adres {addresses}.',
  delivered: '{message} została doręczona na adres {addresses}.',
  relayed: '{message} została przekazana serwerowi poczty dla adresu {addresses}, który nie wysyła potwierdzeń.',
  expanded: '{message} została doręczona na adres {addresses} i jest stamtąd przekazywana dalej.',
  untilWhen: 'Próbujemy dalej do {time}.',
  noAction: 'Nie musisz wysyłać jej ponownie.',
  triedUntil: 'Próbowaliśmy wielokrotnie do {time}.',
  details: 'Szczegóły techniczne',
  writtenTo: 'Wiadomość była napisana na adres {address}.',
  answered: 'Serwer poczty {host} odpowiedział: {answer}',
  writtenBy: 'Ten raport napisał automatycznie serwer poczty {host}.',
  causes: {
    unknownAddress: {
      cause: 'Adres {address} nie istnieje.',
      advice: 'Sprawdź jego pisownię albo zapytaj odbiorcę o właściwy adres w inny sposób.',
    },
    badAddress: {
      cause: 'Adres {address} nie jest poprawnie zapisany.',
      advice: 'Popraw adres i wyślij wiadomość ponownie.',
    },
    unknownDomain: {
      cause: 'Domena {domain} nie istnieje albo nie ma serwera poczty.',
      advice: 'Sprawdź pisownię adresu po znaku @.',
    },
    noMail: {
      cause: 'Domena {domain} nie przyjmuje poczty.',
      advice: 'Poszukaj innego adresu odbiorcy.',
    },
    mailboxClosed: {
      cause: 'Skrzynka {address} jest zamknięta.',
      advice: 'Skontaktuj się z odbiorcą w inny sposób.',
    },
    mailboxFull: {
      cause: 'Skrzynka {address} jest pełna.',
      advice: 'Wyślij wiadomość ponownie później albo powiadom odbiorcę w inny sposób.',
    },
    tooLarge: {
      cause: 'Wiadomość jest za duża dla adresu {address}.',
      advice: 'Wyślij ją bez dużych załączników, na przykład z odnośnikiem do nich.',
    },
    refused: {
      cause:
        'Serwer poczty dla adresu {address} odrzucił wiadomość zgodnie ze swoimi zasadami albo dlatego, że wygląda na spam.',
      advice:
        'Jego odpowiedź poniżej może podawać powód. Jeśli Twoja wiadomość jest oczekiwana, poproś odbiorcę w inny sposób o jej dopuszczenie.',
    },
    senderRefused: {
      cause: 'Serwer poczty dla adresu {address} nie ufa poczcie z Twojego adresu.',
      advice: 'Pokaż ten raport administratorowi swojej poczty, który może to naprawić.',
    },
    unreachable: {
      cause: 'Nie udało się połączyć z serwerem poczty dla adresu {address}.',
      advice: 'Wyślij wiadomość ponownie później albo skontaktuj się z odbiorcą w inny sposób.',
    },
    busy: {
      cause: 'Serwer poczty dla adresu {address} w tej chwili nie przyjmuje wiadomości.',
      advice: 'Wyślij wiadomość ponownie później albo skontaktuj się z odbiorcą w inny sposób.',
    },
    insecure: {
      cause: 'Nie było wystarczająco bezpiecznego połączenia z serwerem poczty dla adresu {address}.',
      advice: 'Skontaktuj się z odbiorcą w inny sposób albo pokaż ten raport swojemu administratorowi.',
    },
    tooLate: {
      cause: 'Minął czas, w którym wiadomość miała dotrzeć na adres {address}.',
      advice: 'Wyślij ją ponownie z dłuższym czasem, jeśli jest jeszcze potrzebna.',
    },
    loop: {
      cause: 'Wiadomość na adres {address} krążyła w kółko między serwerami poczty.',
      advice: 'Skontaktuj się z odbiorcą w inny sposób: trzeba poprawić przekierowanie jego poczty.',
    },
    unsuitable: {
      cause: 'System pocztowy adresu {address} nie obsługuje wiadomości tego rodzaju.',
      advice: 'Wyślij ją w prostszej postaci, na przykład z adresu bez znaków specjalnych.',
    },
    other: {
      cause: 'Serwer poczty dla adresu {address} nie przyjął wiadomości.',
      advice: 'Jego odpowiedź poniżej może podawać powód. Jeśli nie, pokaż ten raport swojemu administratorowi.',
    },
  },
}
