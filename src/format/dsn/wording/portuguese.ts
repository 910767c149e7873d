import type { Catalogue } from './catalogue.ts'

export const portuguese: Catalogue = {
  language: 'pt',
  subject: {
    failed: 'Não entregue: a sua mensagem não pôde ser entregue',
    delayed: 'Atrasada: a sua mensagem ainda não foi entregue',
    succeeded: 'Entregue: a sua mensagem chegou',
  },
  message: { titled: 'A sua mensagem “{subject}”', untitled: 'A sua mensagem' },
  comma: ', ',
  failed: '{message} não foi entregue a {addresses}.',
  delayed: '{message} ainda não foi entregue a {addresses}.',
  delivered: '{message} foi entregue a {addresses}.',
  relayed: '{message} foi passada ao servidor de e-mail de {addresses}, que não envia confirmações.',
  expanded: '{message} foi entregue a {addresses} e é encaminhada a partir daí.',
  untilWhen: 'Continuamos a tentar até {time}.',
  noAction: 'Não é preciso enviá-la de novo.',
  triedUntil: 'Houve repetidas tentativas até {time}.',
  details: 'Detalhes técnicos',
  writtenTo: 'A mensagem foi escrita para {address}.',
  answered: 'O servidor de e-mail {host} respondeu: {answer}',
  writtenBy: 'Este relatório foi escrito automaticamente pelo servidor de e-mail {host}.',
  causes: {
    unknownAddress: {
      cause: 'O endereço {address} não existe.',
      advice: 'Verifique como está escrito, ou peça o endereço certo ao destinatário por outro meio.',
    },
    badAddress: {
      cause: 'O endereço {address} não está escrito corretamente.',
      advice: 'Corrija o endereço e envie a mensagem de novo.',
    },
    unknownDomain: {
      cause: 'O domínio {domain} não existe ou não tem servidor de e-mail.',
      advice: 'Verifique como está escrito o endereço depois do sinal @.',
    },
    noMail: {
      cause: 'O domínio {domain} não recebe e-mail.',
      advice: 'Procure outro endereço do destinatário.',
    },
    mailboxClosed: {
      cause: 'A caixa postal {address} está fechada.',
      advice: 'Fale com o destinatário por outro meio.',
    },
    mailboxFull: {
      cause: 'A caixa postal {address} está cheia.',
      advice: 'Envie a mensagem de novo mais tarde, ou avise o destinatário por outro meio.',
    },
    tooLarge: {
      cause: 'A mensagem é grande demais para {address}.',
      advice: 'Envie-a sem anexos grandes, por exemplo com um link para eles.',
    },
    refused: {
      cause:
        'O servidor de e-mail de {address} recusou a mensagem, pelas suas regras ou porque parece e-mail indesejado.',
      advice:
        'A resposta dele, abaixo, talvez diga o motivo. Se a mensagem é esperada, peça ao destinatário por outro meio que a admita.',
    },
    senderRefused: {
      cause: 'O servidor de e-mail de {address} não confia em mensagens vindas do seu endereço.',
      advice: 'Mostre este relatório ao administrador do seu e-mail, que pode corrigir isso.',
    },
    unreachable: {
      cause: 'Não foi possível chegar ao servidor de e-mail de {address}.',
      advice: 'Envie a mensagem de novo mais tarde, ou fale com o destinatário por outro meio.',
    },
    busy: {
      cause: 'O servidor de e-mail de {address} não aceita a mensagem neste momento.',
      advice: 'Envie a mensagem de novo mais tarde, ou fale com o destinatário por outro meio.',
    },
    insecure: {
      cause: 'Não houve uma conexão suficientemente segura com o servidor de e-mail de {address}.',
      advice: 'Fale com o destinatário por outro meio, ou mostre este relatório ao seu administrador.',
    },
    tooLate: {
      cause: 'O prazo em que a mensagem devia chegar a {address} terminou.',
      advice: 'Envie-a de novo com um prazo maior, se ainda for útil.',
    },
    loop: {
      cause: 'A mensagem para {address} andou em círculo entre servidores de e-mail.',
      advice: 'Fale com o destinatário por outro meio: um encaminhamento do e-mail dele tem de ser corrigido.',
    },
    unsuitable: {
      cause: 'O sistema de e-mail de {address} não consegue tratar uma mensagem deste tipo.',
      advice: 'Envie-a de forma mais simples, por exemplo de um endereço sem caracteres especiais.',
    },
    other: {
      cause: 'O servidor de e-mail de {address} não aceitou a mensagem.',
      advice: 'A resposta dele, abaixo, talvez diga o motivo. Se não, mostre este relatório ao seu administrador.',
    },
  },
}
