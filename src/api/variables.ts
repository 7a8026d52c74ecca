/** What a request carries through the API beside itself. */
export interface Variables {
  requestId: string
  /** `GET /v1/dreams/{dream_id}`: what metrics and logs count by; unset where no endpoint matched. */
  route: string
}
